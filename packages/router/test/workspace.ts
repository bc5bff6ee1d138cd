import type { Candidate } from '@switchyard/router'

const environments = { env: ['production', 'staging', 'test', 'dev'], service: ['api', 'web', 'billing', 'worker'] }

const command = (id: string, summary: string, examples: string, words: readonly string[] = []): Candidate => ({
  id,
  summary,
  examples: examples.trim().split(/\s*\n\s*/),
  words,
  masks: environments,
})

/** A workspace's commands as manifests describe them: some close to one another, two without a single example. */
export const WORKSPACE: readonly Candidate[] = [
  command(
    'ops.health.scan',
    'Check whether services and hosts are healthy',
    `
    check the health of all services
    is the api healthy
    are all our servers up
    run a health check on staging
    how is production doing
    is anything down right now
    tell me whether the worker is alive
    scan the hosts for problems`,
  ),
  command(
    'ops.logs.search',
    'Search the logs of a service',
    `
    show me the logs of the api
    find errors in the logs since yesterday
    grep the worker logs for timeouts
    what did billing log in the last hour
    search the logs for connection refused
    tail the web logs
    any exceptions logged on staging today
    print the last 100 log lines of the api`,
  ),
  command(
    'ops.backup.create',
    'Take a backup of the database and files',
    `
    back up the database
    take a snapshot of the files
    create a backup of production
    make a full backup before the upgrade
    dump the db to disk
    save a copy of all data
    start the nightly backup now
    backup staging please`,
  ),
  command(
    'ops.backup.restore',
    'Restore data from an earlier backup',
    `
    restore yesterday's backup
    bring back the database from the last snapshot
    recover the files from the backup of monday
    roll the data back to last night's dump
    load the backup into staging
    we lost data, restore it
    recover production from the most recent backup
    put the old data back`,
  ),
  command(
    'ops.service.restart',
    'Restart a service',
    `
    restart the api
    bounce the worker
    stop and start billing again
    reboot the web service on staging
    kick the worker, it hangs
    reload the api in production
    restart everything
    give billing a restart`,
  ),
  command(
    'ops.disk.usage',
    'Show how much disk space is used',
    `
    how full are the disks
    show disk usage on production
    which host is running out of space
    how much storage is left
    what takes up the most space
    is the disk full
    free space on the worker host
    list the largest directories`,
  ),
  command(
    'ops.cert.renew',
    'Renew TLS certificates',
    `
    renew the certificates
    our tls cert expires soon, renew it
    get a new ssl certificate for the web
    refresh the https certs on production
    extend the certificate of the api
    rotate the tls certificates
    the certificate is about to run out, replace it
    issue a fresh cert`,
  ),
  command(
    'deploy.apply',
    'Deploy a version to an environment',
    `
    deploy the api to staging
    ship version 2.1 to production
    roll out the web on test
    push the new build live
    put the worker on dev
    release 1.4.0 to the staging environment
    deploy everything to production
    bring the latest version to test`,
  ),
  command(
    'deploy.rollback',
    'Go back to the version that ran before',
    `
    roll back the api
    undo the last deployment
    go back to the previous version on production
    revert the web to 1.3
    the deploy broke billing, take it back
    return staging to the old release
    rollback everything
    put the earlier version back`,
  ),
  command(
    'deploy.status',
    'Show what is deployed where',
    `
    which version runs on production
    what is deployed on staging
    show the deployments
    is the new version out yet
    list what runs where
    when was the api last deployed
    who deployed the web
    compare staging and production versions`,
  ),
  command(
    'deploy.infra.plan',
    'Show what would change in the infrastructure',
    `
    plan the infrastructure changes
    what would terraform change
    show the infra diff for staging
    preview the changes to the cluster
    dry run the infrastructure
    which resources would be created
    diff the infrastructure against production
    show me the plan before we touch the servers`,
  ),
  command(
    'test.run',
    'Run the test suite',
    `
    run the tests
    test the api
    run all unit tests of billing
    execute the integration tests
    are the tests green
    run the failing specs again
    test everything before we merge
    start the end to end suite`,
  ),
  command(
    'release.cut',
    'Cut a release: version, changelog and tag',
    `
    cut a release
    make a minor release
    bump the version and tag it
    publish a patch release
    prepare the next major version
    create release 3.0
    tag a new version of the api
    release a hotfix`,
  ),
  command(
    'release.notes',
    'Write the release notes',
    `
    write the release notes
    what changed since the last release
    generate a changelog for 2.0
    summarise the changes of this version
    draft the notes for the next release
    list what is new
    update the changelog
    show the commits since 1.4`,
  ),
  command(
    'release.issue.open',
    'Open an issue',
    `
    open an issue about the slow login
    file a bug for the broken search
    create a ticket
    report that the export fails
    make a new issue for the api
    log a bug: totals are wrong
    raise a ticket about the certificate
    add an issue to the backlog`,
  ),
  command(
    'ui.component.create',
    'Create a user interface component',
    `
    create a react component for the login form
    make a button component
    add a modal dialog to the frontend
    scaffold a vue component
    generate an accessible dropdown
    new ui component for the cart
    write a date picker component
    add a page to the ui`,
  ),
  command(
    'database.migrate',
    'Change the schema of the database',
    `
    migrate the database
    run the pending migrations
    add a column to the users table
    create an index on orders
    apply the schema changes
    update the db schema on staging
    write a migration that drops the old table
    rename the column in postgres`,
  ),
  command(
    'auth.provider.add',
    'Add a way to log in',
    `
    add keycloak login
    set up single sign on
    let users log in with github
    protect the endpoints with jwt
    configure oauth for the web
    add two factor authentication
    enable sso for the company
    secure the api with tokens`,
  ),
  command('session.save', 'Save the context of this session', ''),
  command('session.handover', 'Write a handover for the next person on call', ''),
].map((one) => ({ ...one, examples: one.examples.filter((example) => example !== '') }))
