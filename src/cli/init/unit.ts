/** What a systemd unit has to name. Paths are absolute. */
export interface UnitPlaces {
  /** The words that start Writ, without `serve`. */
  readonly command: readonly string[]
  /** The folder of `writ init`: the only one the service may write to. */
  readonly folder: string
  readonly config: string
  /** The account it runs as. */
  readonly user: string
}

/** The places of deploy/systemd/writ.service, which is this template filled in. */
export const USUAL_PLACES: UnitPlaces = {
  command: ['/usr/local/bin/writ'],
  folder: '/var/lib/writ',
  config: '/var/lib/writ/writ.toml',
  user: 'writ',
}

/**
 * The one template of our systemd unit. MemoryDenyWriteExecute is not in it: the JIT of Node needs
 * such pages. ProtectProc is not: attestation of processes on this machine reads /proc.
 */
export function systemdUnit({ command, folder, config, user }: UnitPlaces): string {
  const start = [...command, 'serve', '--config', config].map(word).join(' ')
  return `[Unit]
Description=Writ: the authority of delegation tokens and its gateway
Documentation=man:systemd.exec(5)
Wants=network-online.target
After=network-online.target time-sync.target

[Service]
Type=exec
User=${user}
Group=${user}
ExecStart=${start}
WorkingDirectory=${path(folder)}
Restart=on-failure
RestartSec=2
# SIGTERM drains: running calls get drain_deadline_ms and a last checkpoint is signed.
KillSignal=SIGTERM
TimeoutStopSec=30
UMask=0077
LimitNOFILE=65536
# A core would hold keys.
LimitCORE=0

ReadWritePaths=${path(folder)}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources

[Install]
WantedBy=multi-user.target
`
}

/** A word of a command as systemd reads it back (systemd.syntax, quoting). */
function word(text: string): string {
  const plain = text.replaceAll('%', '%%').replaceAll('$', '$$$$')
  if (/^[A-Za-z0-9_@%+=:,./$-]+$/.test(plain)) return plain
  return `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

function path(text: string): string {
  return text.replaceAll('%', '%%').replaceAll(' ', '\\x20')
}
