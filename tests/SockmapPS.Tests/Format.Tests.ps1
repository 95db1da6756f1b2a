BeforeDiscovery {
    $types = 'BypassStatus', 'SockmapEntry', 'SupportCheck', 'BypassRemoval', 'SockmapMapEntry', 'ConnectionCandidate', 'SockmapEvent',
    'SockmapStatistics', 'ProofResult', 'Measurement', 'SockmapRedirect', 'RedirectTrialResult', 'RedirectRemovalResult',
    'ProxyStatus', 'ProxyConnectionStatus', 'ProxyStopResult', 'PolicyStatus', 'PolicyRuleStatus'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    $samples = @{
        BypassStatus  = [Sockmap.Bypasses.BypassStatus]@{
            Name = 'redis'; State = 'Active'; Problem = [string[]] @(); Cgroup = '/sys/fs/cgroup/unified'; CgroupId = 1
            Family = 'Any'; Port = [string[]] ('6379', '8000-8100'); Entries = 60000; MaxEntries = 65536
            Path = '/sys/fs/bpf/sockmapps/redis'; BytesRedirected = 1610612736; BytesOverTcp = 812
            Attachment = [string[]] ('first', 'second'); InstalledAt = [datetime]::Now
        }
        SockmapEntry  = [Sockmap.Entries.SockmapEntry]@{
            Bypass = 'redis'; Family = 'IPv4'; LocalAddress = '192.168.100.200'; LocalPort = 60000
            RemoteAddress = 'fd00::1'; RemotePort = 6379; State = 'Established'; Path = 'Redirected'; ReceivePath = 'Tcp'
            RedirectedMessages = 4294967295; RedirectedBytes = 1610612736; TcpBytes = 812; QueuedBytes = 812; Cookie = 5
            ProcessId = [int[]] (12345, 12346); ProcessName = [string[]] ('redis-server', 'redis-server'); PeerProcessId = [int[]] 77
            PeerProcessName = [string[]] 'redis-cli'; Cgroup = '/sys/fs/cgroup/system.slice/redis.service'
        }
        SockmapMapEntry = [SockmapPS.Output.SockmapMapEntry]@{
            MapId = 42; MapName = 'sock_ops_map'; MapType = 'SockHash'; Key = [byte[]] (1, 2, 255, 0); KeyBytes = [byte[]] (1, 2, 255, 0)
            Protocol = 'Tcp'; LocalAddress = '192.168.100.200'; LocalPort = 60000; RemoteAddress = 'fd00::1'; RemotePort = 6379
            State = 'Established'; QueuedBytes = 1536; ProcessId = [int[]] 12345; ProcessName = [string[]] 'redis-server'
        }
        ConnectionCandidate = [Sockmap.Sockets.ConnectionCandidate]@{
            Bypass = 'redis'; LocalAddress = '192.168.100.200'; LocalPort = 60000; RemoteAddress = 'fd00::1'; RemotePort = 6379
            ProcessId = 12345; ProcessName = 'redis-cli'; ProcessIds = [int[]] (12345, 12346); ProcessNames = [string[]] ('redis-cli', 'sh')
            RemoteProcessId = 77; RemoteProcessName = 'redis-server'; RemoteProcessIds = [int[]] 77; RemoteProcessNames = [string[]] 'redis-server'
        }
        SupportCheck  = [Sockmap.Support.SupportCheck]::new('SockmapLink', 'Optional', 'Unsupported', 'BPF_LINK_CREATE gave EINVAL.', 'Linux 6.10.')
        BypassRemoval = [SockmapPS.Output.BypassRemoval]@{
            Name = 'redis'; IsComplete = $false; RemovedEntries = 60000; RemainingEntries = 1; UnreadBytes = 1610612736; DroppedBytes = 0
            Remaining = [string[]] '127.0.0.1:6379 from 127.0.0.1:40312 (812)'; Elapsed = [timespan]::FromSeconds(1.5)
        }
        SockmapEvent  = [Sockmap.Events.SockmapEvent]@{
            Time = [datetime] '2026-11-21T08:09:10.011'; Kind = 'Established'; Bypass = 'redis'; Reason = 'Filtered'
            LocalAddress = '192.168.100.200'; LocalPort = 60000; RemoteAddress = 'fd00::1'; RemotePort = 6379
            ProcessId = [int[]] 12345; ProcessName = [string[]] 'redis-server'; RedirectedBytes = 1610612736; TcpBytes = 812
        }
        SockmapStatistics = [Sockmap.Statistics.SockmapStatistics]@{
            Bypass = 'redis'; Time = [datetime] '2026-11-21T08:09:10'; Cgroup = '/sys/fs/cgroup/system.slice/redis.service'
            CgroupId = 5; Port = 6379; SocketsConnected = 12345678; BytesRedirected = 1610612736; BytesOverTcp = 812
            DirectionsSpilled = 7654321; DirectionsFellBack = 87654321; BytesRedirectedPerSecond = 1048576.5; BytesOverTcpPerSecond = 1.5
        }
    }
    $samples.ProofResult = [Sockmap.Proof.ProofResult]@{
        Bypass = 'redis'; Passed = $true; Elapsed = [timespan]::FromSeconds(0.5)
        Summary = "Bypass 'redis' works: 557576 of 557576 bytes inside it skipped TCP, and none of 557576 outside did by it."
        Finding = [Sockmap.Proof.ProofFinding[]] @(
            [Sockmap.Proof.ProofFinding]::new('Inside.InMap', $true, 'Both are.'), [Sockmap.Proof.ProofFinding]::new('Outside.Contrast', $null, 'None.'))
        Cgroup = '/sys/fs/cgroup/system.slice/redis.service/sockmap-proof-12345-1'; Address = '127.0.0.1'; Port = 6379; ClientPort = 40000
        BytesSent = 557576; MessagesRedirected = 32; BytesRedirected = 557576; MessagesOverTcp = 0; BytesOverTcp = 0
    }
    $samples.ProxyStatus = [Sockmap.Proxies.ProxyStatus]@{
        Name = '127_0_0_1_8080'; State = 'Stopping'; Listen = [string[]] '127.0.0.1:8080'; To = [string[]] ('10.0.0.2:80', '10.0.0.3:80')
        ProcessId = 12345; StartedAt = [datetime] '2026-11-21T08:09:10'; Active = 1024; MaxConnections = 1024; Accepted = 12345678
        Spliced = 12345670; Copied = 8; Failed = 1; Reset = 2; SplicedBytesUp = 1610612736; SplicedBytesDown = 5; CopiedBytesUp = 812
        CopiedBytesDown = 1; RepeatedBytes = 0; CopyReason = ''; Path = '/sys/fs/bpf/sockmapps_proxies/web'; BpfFileSystem = '/sys/fs/bpf'
    }
    $samples.ProxyConnectionStatus = [Sockmap.Proxies.ProxyConnectionStatus]@{
        Proxy = 'web'; Id = 7; Client = '192.168.100.200:60000'; Target = '10.0.0.2:80'; Mode = 'Connecting'; Reason = 'it was asked to copy'
        StartedAt = [datetime] '2026-11-21T08:09:10'; SplicedBytesUp = 1610612736; SplicedBytesDown = 5; CopiedBytesUp = 812; CopiedBytesDown = 1
    }
    $samples.ProxyStopResult = [Sockmap.Proxies.ProxyStopResult]@{
        Name = 'web'; Connections = 12345678; DroppedConnections = 2; DroppedBytes = 1610612736; Elapsed = [timespan]::FromSeconds(1.5)
    }
    $samples.PolicyStatus = [Sockmap.Policies.PolicyStatus]@{
        Name = 'web-service'; State = 'Active'; Problem = [string[]] @(); Cgroup = '/sys/fs/cgroup/system.slice/web.service'; CgroupId = 5
        DefaultEgressAction = 'NoBypass'; Rules = 1000; Entries = 60000; MaxEntries = 65536; MessagesDropped = 4294967; BytesDropped = 812
        PacketsDropped = 1; Bypass = [string[]] 'default'; Path = '/sys/fs/bpf/sockmapps_policies/web-service'
        BpfFileSystem = '/sys/fs/bpf'; CreatedAt = [datetime]::Now; Attachment = [string[]] 'sock_ops enroll'
    }
    $samples.PolicyRuleStatus = [Sockmap.Policies.PolicyRuleStatus]@{
        Policy = 'web'; Position = 1000; Id = 4711; Direction = 'Egress'; Action = 'NoBypass'; Messages = 123456789; Bytes = 1610612736
        RemoteAddress = [string[]] '192.168.100.0/24'; RemotePort = [string[]] '8000-8100'; LocalAddress = [string[]] @()
        LocalPort = [string[]] @(); Cgroup = [string[]] @(); CgroupId = [uint64[]] @(); Uid = [uint32[]] 1000; BpfFileSystem = '/sys/fs/bpf'
    }
    $samples.Measurement = [Sockmap.Measuring.Measurement]@{
        Kind = 'ConnectionRate'; Arm = 'Bypass'; MessageSize = 16777216; Connections = 1024; Cpu = '0,1'; Unit = '1/s'; Median = 123456.7
        P99 = 234567.8; P999 = 345678.9; Maximum = 456789.1; Ratio = 1.234; RatioLow = 0.987; RatioHigh = 12.345; Rounds = 10; IsNoisy = $true
        RedirectedShare = 0.5; Remark = 'Too noisy for a claim.'; Time = [datetime] '2026-11-21T08:09:10'; Machine = 'Linux 6.18.4, 2 x AMD EPYC'
    }
    $samples.SockmapRedirect = [Sockmap.Redirects.SockmapRedirect]@{
        Name = 'redirect-12'; Mode = 'IngressToEgress'; State = 'TargetClosed'; FromKind = 'Tcp'; FromLocalAddress = '192.168.100.200'
        FromLocalPort = 60000; ToKind = 'UnixDatagram'; ToInode = 12345678; RedirectedBytes = 1610612736; QueuedBytes = 812
        Path = '/sys/fs/bpf/sockmapps_redirects/redirect-12'; BpfFileSystem = '/sys/fs/bpf'
    }
    $samples.RedirectTrialResult = [Sockmap.Redirects.RedirectTrialResult]@{
        Mode = 'IngressToEgress'; From = 'Tcp'; IsFromIPv6 = $true; To = 'UnixSequencedPacket'; Outcome = 'NotTaken'; Detail = 'EOPNOTSUPP.'
    }
    $samples.RedirectRemovalResult = [Sockmap.Redirects.RedirectRemovalResult]::new(
        'redirect-12', $false, 1610612736, 812, [string[]] '3 buffers', $false, '', [timespan]::FromSeconds(1.5))
    # What loopback looks like; the widest addresses and numbers of all need more than 80.
    $usual = $samples.Clone()
    $usual.SockmapEntry = [Sockmap.Entries.SockmapEntry]@{
        Bypass = 'default'; LocalAddress = '127.0.0.1'; LocalPort = 60000; RemoteAddress = '127.0.0.1'; RemotePort = 61000
        Path = 'Redirected'; RedirectedMessages = 12345678; RedirectedBytes = 104752742; TcpBytes = 1023; QueuedBytes = 812
        ProcessId = [int[]] 812; ProcessName = [string[]] 'nginx'
    }
    $usual.ConnectionCandidate = [Sockmap.Sockets.ConnectionCandidate]@{
        Bypass = 'default'; LocalAddress = '127.0.0.1'; LocalPort = 60000; RemoteAddress = '127.0.0.1'; RemotePort = 61000
        ProcessId = 812; ProcessName = 'nginx'; ProcessIds = [int[]] 812; ProcessNames = [string[]] 'nginx'
        RemoteProcessId = 77; RemoteProcessName = 'redis-server'; RemoteProcessIds = [int[]] 77; RemoteProcessNames = [string[]] 'redis-server'
    }
    $usual.SockmapMapEntry = [SockmapPS.Output.SockmapMapEntry]@{
        MapId = 42; MapName = 'sock_map'; MapType = 'SockHash'; Key = [byte[]] (12, 0, 0, 0); KeyBytes = [byte[]] (12, 0, 0, 0); State = 'Established'
        LocalAddress = '127.0.0.1'; LocalPort = 60000; RemoteAddress = '127.0.0.1'; RemotePort = 61000; QueuedBytes = 812
        ProcessId = [int[]] 812; ProcessName = [string[]] 'nginx'
    }
    $shown = @{
        BypassStatus  = 'Name', 'State', 'Health', 'Entries', 'Redirected', 'OverTcp', 'Cgroup', '/sys/fs/cgroup/unified', '60000', '1.5 GiB', '812 B', 'ok'
        SockmapEntry  = 'Bypass: redis', 'Local', 'Remote', 'Process', 'Path', 'Messages', 'Bytes', 'Queued', '192.168.100.200:60000', '[fd00::1]:6379', 'redis-server 12345 +1', 'SendOnly', '4294967295', '1.5 GiB', '812 B'
        SockmapMapEntry = 'Map: SockHash sock_ops_map (id 42)', 'Local', 'Remote', 'Process', 'State', 'Queued', 'Key', '192.168.100.200:60000', '[fd00::1]:6379', 'redis-server 12345', 'Established', '1.5 KiB', '01 02 ff 00'
        ConnectionCandidate = 'Local', 'Process', 'Remote', 'RemoteProcess', 'Bypass', '192.168.100.200:60000', 'redis-cli 12345 +1', '[fd00::1]:6379', 'redis-server 77', 'redis'
        SupportCheck  = 'Name', 'Need', 'State', 'Detail', 'SockmapLink', 'Optional', 'Unsupported', 'BPF_LINK_CREATE gave EINVAL.'
        SockmapEvent  = 'Bypass: redis', 'Time', 'Event', 'Local', 'Remote', 'Process', 'Redirected', 'OverTcp', '08:09:10.011', 'Established Filtered', '192.168.100.200:60000', '[fd00::1]:6379', 'redis-server 12345', '1.5 GiB', '812 B'
        SockmapStatistics = 'Bypass: redis', 'Time', 'Group', 'Conns', 'Redirected', 'OverTcp', 'Spilled', 'FellBack', 'Redir/s', 'Tcp/s', '08:09:10', '/sys/fs/cgroup/system.slice/redis.service:6379', '12345678', '1.5 GiB', '812 B', '7654321', '87654321', '1 MiB', '2 B'
        ProofResult   = 'Bypass', 'Passed', 'Sent', 'Redirected', 'OverTcp', 'Summary', 'redis', 'True', '545 KiB', '0 B', 'skipped TCP'
        Measurement   = 'Kind', 'Size', 'Conns', 'Arm', 'Median', 'P99', 'Ratio', 'Interval', 'ConnectionRate', '16777216', '1024', 'Bypass', '123,457 1/s', '234,568', '1.23', '0.99 to 12.35 noisy'
        SockmapRedirect = 'Name', 'Mode', 'State', 'Source', 'Target', 'Redirected', 'Waiting', 'redirect-12', 'IngressToEgress', 'TargetClosed', 'Tcp 192.168.100.200:60000', 'UnixDatagram 12345678', '1.5 GiB', '812 B'
        RedirectTrialResult = 'Mode', 'Source', 'Target', 'Works', 'Outcome', 'Detail', 'IngressToEgress', 'Tcp (IPv6)', 'UnixSequencedPacket', 'False', 'NotTaken', 'EOPNOTSUPP.'
        RedirectRemovalResult = 'Name', 'IsComplete', 'Unread', 'Dropped', 'Elapsed', 'Waiting', 'redirect-12', 'False', '1.5 GiB', '812 B', '00:00:01.500', '3 buffers'
        ProxyStatus = '127_0_0_1_8080', 'Stopping', '127.0.0.1:8080'
        ProxyConnectionStatus = 'Connecting', '192.168.100.200:60000', '10.0.0.2:80'
        ProxyStopResult = 'web', '12345678', '1.5 GiB'
        PolicyStatus  = 'Name', 'State', 'Health', 'Rules', 'Egress', 'Ingress', 'Entries', 'Dropped', 'Cgroup', 'web-service', 'ok', 'NoBypass', '4294968', '60000', '/sys/fs/cgroup/system.slice/web.service'
        PolicyRuleStatus = 'Policy', 'Pos', 'Rule', 'Direction', 'Action', 'Messages', 'Bytes', 'Match', '1000', '4711', 'NoBypass', '123456789', '1.5 GiB', 'to/from 192.168.100.0/24; port 8000-8100; uid 1000'
        BypassRemoval = 'Name', 'IsComplete', 'Removed', 'Remaining', 'Unread', 'Dropped', 'Elapsed', 'redis', 'False', '60000', '1.5 GiB', '00:00:01.500'
    }
}

Describe 'The view of <_>' -ForEach $types {
    BeforeAll {
        $type = $_
    }

    It 'is a table that shows all its columns in 120' {
        $text = $samples[$_] | Format-Table | Out-String -Width 120
        foreach ($word in $shown[$_]) { $text | Should -BeLike "*$([WildcardPattern]::Escape($word))*" }
        ($text -split "`n" | Measure-Object -Property Length -Maximum).Maximum | Should -BeLessOrEqual 120
        $text | Should -Not -Match ([char] 0x2026)
    }

    It 'keeps all its columns in a window of 80' {
        $wide = @(($usual[$type] | Out-String -Width 120) -split "`n" -match '^-+ ' -split ' +' -ne '')
        $narrow = @(($usual[$type] | Out-String -Width 80) -split "`n" -match '^-+ ' -split ' +' -ne '')
        $narrow.Count | Should -Be $wide.Count
        ($narrow | Measure-Object -Property Length -Minimum).Minimum | Should -BeGreaterOrEqual 'Key'.Length
    }

    It 'is the same for an object that came over remoting' {
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($samples[$_]))
        $copy.PSTypeNames[0] | Should -BeLike 'Deserialized.*'
        $copy | Out-String -Width 120 | Should -Be ($samples[$_] | Out-String -Width 120)
        $copy | Format-List | Out-String -Width 120 | Should -Be ($samples[$_] | Format-List | Out-String -Width 120)
    }

    It 'is a list with every property' {
        $text = $samples[$_] | Format-List | Out-String -Width 120
        foreach ($name in $samples[$_].PSObject.Properties.Name) { $text | Should -Match "(?m)^$name +:" }
    }
}

Describe 'Numbers of bytes' {
    It '<bytes> is <text>' -ForEach @(
        @{ bytes = 0; text = '0 B' }
        @{ bytes = 1023; text = '1023 B' }
        @{ bytes = 1024; text = '1 KiB' }
        @{ bytes = 1536; text = '1.5 KiB' }
        @{ bytes = 102348; text = '99.9 KiB' }
        @{ bytes = 102400; text = '100 KiB' }
        @{ bytes = 1048575; text = '1024 KiB' }
        @{ bytes = 67108864; text = '64 MiB' }
        @{ bytes = [ulong]::MaxValue; text = '16 EiB' }
    ) {
        [SockmapPS.Output.ByteText]::Format($bytes) | Should -Be $text
    }
}
