/** Words that say nothing of what is meant when they stand alone; only the `match` view leaves them out. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a an the of to in on at for by from with as into about is are am be been was were do does did have has had ' +
    'i you he she it we they me my mine your our us its their this that these those there here and or but not no if so than then ' +
    'what which who whom when where why how can could will would shall should may might must let please just some any all also'
  ).split(' '),
)
