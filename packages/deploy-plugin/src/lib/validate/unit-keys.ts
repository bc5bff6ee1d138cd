/**
 * The keys that systemd 252 knows, as it lists them itself, with those that versions up to 257 added. Keys that are shared run a
 * program: in what surroundings, with what limits, and how it is stopped.
 */
const SHARED = `
  AllowedCPUs AllowedMemoryNodes AmbientCapabilities AppArmorProfile BPFProgram BindLogSockets BindPaths BindReadOnlyPaths
  BlockIOAccounting BlockIODeviceWeight BlockIOReadBandwidth BlockIOWeight BlockIOWriteBandwidth CPUAccounting CPUAffinity CPUQuota
  CPUQuotaPeriodSec CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork CPUShares CPUWeight CacheDirectory
  CacheDirectoryMode CapabilityBoundingSet ConfigurationDirectory ConfigurationDirectoryMode CoredumpFilter CoredumpReceive
  DefaultMemoryLow DefaultMemoryMin Delegate DelegateSubgroup DeviceAllow DevicePolicy DisableControllers DynamicUser Environment
  EnvironmentFile ExecPaths ExecSearchPath ExecStartPost ExecStartPre ExecStopPost ExtensionDirectories ExtensionImagePolicy
  ExtensionImages FinalKillSignal Group IOAccounting IODeviceLatencyTargetSec IODeviceWeight IOReadBandwidthMax IOReadIOPSMax
  IOSchedulingClass IOSchedulingPriority IOWeight IOWriteBandwidthMax IOWriteIOPSMax IPAccounting IPAddressAllow IPAddressDeny
  IPCNamespacePath IPEgressFilterPath IPIngressFilterPath IgnoreSIGPIPE ImportCredential InaccessibleDirectories InaccessiblePaths
  KeyringMode KillMode KillSignal LimitAS LimitCORE LimitCPU LimitDATA LimitFSIZE LimitLOCKS LimitMEMLOCK LimitMSGQUEUE LimitNICE
  LimitNOFILE LimitNPROC LimitRSS LimitRTPRIO LimitRTTIME LimitSIGPENDING LimitSTACK LoadCredential LoadCredentialEncrypted
  LockPersonality LogExtraFields LogLevelMax LogNamespace LogRateLimitBurst LogRateLimitIntervalSec LogsDirectory LogsDirectoryMode
  ManagedOOMMemoryPressure ManagedOOMMemoryPressureDurationSec ManagedOOMMemoryPressureLimit ManagedOOMPreference ManagedOOMSwap
  MemoryAccounting MemoryDenyWriteExecute MemoryHigh MemoryLimit MemoryLow MemoryMax MemoryMin MemoryPressureThresholdSec
  MemoryPressureWatch MemorySwapMax MemoryZSwapWriteback MountAPIVFS MountFlags MountImagePolicy MountImages NFTSet NUMAMask
  NUMAPolicy NetworkNamespacePath Nice NoExecPaths NoNewPrivileges OOMScoreAdjust PAMName PassEnvironment Personality PrivateDevices
  PrivateIPC PrivateMounts PrivateNetwork PrivatePIDs PrivateTmp PrivateUsers ProcSubset ProtectClock ProtectControlGroups ProtectHome
  ProtectHostname ProtectKernelLogs ProtectKernelModules ProtectKernelTunables ProtectProc ProtectSystem ReadOnlyDirectories
  ReadOnlyPaths ReadWriteDirectories ReadWritePaths RemoveIPC RestartKillSignal RestrictAddressFamilies RestrictFileSystems
  RestrictNamespaces RestrictNetworkInterfaces RestrictRealtime RestrictSUIDSGID RootDirectory RootEphemeral RootHash
  RootHashSignature RootImage RootImageOptions RootImagePolicy RootVerity RuntimeDirectory RuntimeDirectoryMode
  RuntimeDirectoryPreserve SELinuxContext SecureBits SendSIGHUP SendSIGKILL SetCredential SetCredentialEncrypted SetLoginEnvironment
  Slice SmackProcessLabel SocketBindAllow SocketBindDeny StandardError StandardInput StandardInputData StandardInputText
  StandardOutput StartupAllowedCPUs StartupAllowedMemoryNodes StartupBlockIOWeight StartupCPUShares StartupCPUWeight StartupIOWeight
  StartupMemoryHigh StartupMemoryLow StartupMemoryMax StartupMemorySwapMax StartupMemoryZSwapMax StateDirectory
  StateDirectoryAccounting StateDirectoryMode StateDirectoryQuota SupplementaryGroups SyslogFacility SyslogIdentifier SyslogLevel
  SyslogLevelPrefix SystemCallArchitectures SystemCallErrorNumber SystemCallFilter SystemCallLog TTYColumns TTYPath TTYReset TTYRows
  TTYVHangup TTYVTDisallocate TasksAccounting TasksMax TemporaryFileSystem TimeoutCleanSec TimeoutSec TimerSlackNSec UMask
  UnsetEnvironment User UtmpIdentifier UtmpMode WatchdogSignal WorkingDirectory`
const KEYS: Readonly<Record<string, string>> = {
  Unit: `
  After AllowIsolate AssertACPower AssertArchitecture AssertCPUFeature AssertCPUPressure AssertCPUs AssertCapability
  AssertControlGroupController AssertCredential AssertDirectoryNotEmpty AssertEnvironment AssertFileIsExecutable AssertFileNotEmpty
  AssertFirstBoot AssertGroup AssertHost AssertIOPressure AssertKernelCommandLine AssertKernelVersion AssertMemory
  AssertMemoryPressure AssertNeedsUpdate AssertOSRelease AssertPathExists AssertPathExistsGlob AssertPathIsDirectory
  AssertPathIsEncrypted AssertPathIsMountPoint AssertPathIsReadWrite AssertPathIsSymbolicLink AssertSecurity AssertUser AssertVersion
  AssertVirtualization Before BindTo BindsTo CollectMode ConditionACPower ConditionArchitecture ConditionCPUFeature
  ConditionCPUPressure ConditionCPUs ConditionCapability ConditionControlGroupController ConditionCredential
  ConditionDirectoryNotEmpty ConditionEnvironment ConditionFileIsExecutable ConditionFileNotEmpty ConditionFirmware ConditionFirstBoot
  ConditionGroup ConditionHost ConditionIOPressure ConditionKernelCommandLine ConditionKernelVersion ConditionMemory
  ConditionMemoryPressure ConditionNeedsUpdate ConditionOSRelease ConditionPathExists ConditionPathExistsGlob ConditionPathIsDirectory
  ConditionPathIsEncrypted ConditionPathIsMountPoint ConditionPathIsReadWrite ConditionPathIsSymbolicLink ConditionSecurity
  ConditionUser ConditionVersion ConditionVirtualization Conflicts DefaultDependencies Description Documentation FailureAction
  FailureActionExitStatus IgnoreOnIsolate JobRunningTimeoutSec JobTimeoutAction JobTimeoutRebootArgument JobTimeoutSec
  JoinsNamespaceOf OnFailure OnFailureIsolate OnFailureJobMode OnSuccess OnSuccessJobMode PartOf PropagateReloadFrom PropagateReloadTo
  PropagatesReloadTo PropagatesStopTo RebootArgument RefuseManualStart RefuseManualStop ReloadPropagatedFrom Requires
  RequiresMountsFor RequiresOverridable Requisite RequisiteOverridable SourcePath StartLimitAction StartLimitBurst StartLimitInterval
  StartLimitIntervalSec StopPropagatedFrom StopWhenUnneeded SuccessAction SuccessActionExitStatus SurviveFinalKillSignal UpheldBy
  Upholds Wants`,
  Install: 'Alias WantedBy RequiredBy UpheldBy Also DefaultInstance',
  Service: `
  BusName ExecCondition ExecReload ExecStart ExecStop ExitType FailureAction FileDescriptorStoreMax FileDescriptorStorePreserve
  GuessMainPID NonBlocking NotifyAccess OOMPolicy OpenFile PIDFile PermissionsStartOnly RebootArgument ReloadSignal RemainAfterExit
  Restart RestartForceExitStatus RestartMaxDelaySec RestartMode RestartPreventExitStatus RestartSec RestartSteps
  RootDirectoryStartOnly RuntimeMaxSec RuntimeRandomizedExtraSec Sockets StartLimitAction StartLimitBurst StartLimitInterval
  SuccessExitStatus TimeoutAbortSec TimeoutStartFailureMode TimeoutStartSec TimeoutStopFailureMode TimeoutStopSec Type
  USBFunctionDescriptors USBFunctionStrings WatchdogSec`,
  Socket: `
  Accept AcceptFileDescriptors Backlog BindIPv6Only BindToDevice Broadcast DeferAcceptSec DeferTrigger DeferTriggerMaxSec
  DirectoryMode ExecStopPre FileDescriptorName FlushPending FreeBind IPTOS IPTTL KeepAlive KeepAliveIntervalSec KeepAliveProbes
  KeepAliveTimeSec ListenDatagram ListenFIFO ListenMessageQueue ListenNetlink ListenSequentialPacket ListenSpecial ListenStream
  ListenUSBFunction Mark MaxConnections MaxConnectionsPerSource MessageQueueMaxMessages MessageQueueMessageSize NoDelay
  PassCredentials PassFileDescriptorsToExec PassPIDFD PassPacketInfo PassSecurity PipeSize PollLimitBurst PollLimitIntervalSec
  Priority ReceiveBuffer RemoveOnStop ReusePort SELinuxContextFromNet SendBuffer Service SmackLabel SmackLabelIPIn SmackLabelIPOut
  SocketGroup SocketMode SocketProtocol SocketUser Symlinks TCPCongestion Timestamping Transparent TriggerLimitBurst
  TriggerLimitIntervalSec Writable XAttrAccept XAttrEntryPoint XAttrListen`,
  Timer: `
  AccuracySec DeferReactivation FixedRandomDelay OnActiveSec OnBootSec OnCalendar OnClockChange OnStartupSec OnTimezoneChange
  OnUnitActiveSec OnUnitInactiveSec Persistent RandomizedDelaySec RemainAfterElapse Unit WakeSystem`,
  Path: `
  DirectoryMode DirectoryNotEmpty MakeDirectory PathChanged PathExists PathExistsGlob PathModified TriggerLimitBurst
  TriggerLimitIntervalSec Unit`,
}

const known = new Map(Object.entries(KEYS).map(([section, keys]) => [section, new Set(keys.trim().split(/\s+/))]))
const shared: ReadonlySet<string> = new Set(SHARED.trim().split(/\s+/))
/** Sections whose keys are not looked at. */
const OTHER_SECTIONS: ReadonlySet<string> = new Set(['Mount', 'Automount', 'Swap', 'Slice', 'Scope'])

/** Whether systemd knows the section; those that begin with X- are nobody's business. */
export const isSection = (name: string): boolean => known.has(name) || OTHER_SECTIONS.has(name) || name.startsWith('X-')

export function isKey(section: string, key: string): boolean {
  if (key.startsWith('X-') || section.startsWith('X-') || OTHER_SECTIONS.has(section)) return true
  if (known.get(section)?.has(key) === true) return true
  return (section === 'Service' || section === 'Socket') && shared.has(key)
}

/** The key that was most likely meant: the only one that a slip of the fingers leads to. */
export function closestKey(section: string, key: string): string | undefined {
  const all = [...(known.get(section) ?? []), ...(section === 'Service' || section === 'Socket' ? shared : [])]
  const near = all.filter((one) => Math.abs(one.length - key.length) <= 1 && isSlip(one.toLowerCase(), key.toLowerCase()))
  return near.length === 1 ? near[0] : undefined
}

/** Whether one letter was left out, added, changed, or two were swapped. */
function isSlip(a: string, b: string): boolean {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  const [restA, restB] = [a.slice(start), b.slice(start)]
  if (restA.slice(1) === restB || restA === restB.slice(1) || restA.slice(1) === restB.slice(1)) return true
  return restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2)
}
