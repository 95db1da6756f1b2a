BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
}

Describe 'A bypass' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
        $here = $there + @{ Cgroup = $sandbox.Cgroup; MaxEntries = 64 }
    }

    AfterEach {
        Close-Sandbox $sandbox
    }

    It 'redirects <address>, shows it, and goes away without a trace' -ForEach @(
        @{ address = '127.0.0.1'; family = 'IPv4' }
        @{ address = '::1'; family = 'IPv6' }
    ) {
        Install-SockmapBypass @here | Should -BeNullOrEmpty -Because 'nobody asked for output'
        $peer = Open-Peer $sandbox -Address $address
        Invoke-Peer $peer 'echo 200 64'

        $entries = @(Get-SockmapEntry @there | Sort-Object { $_.LocalPort -eq $peer.ServerPort })
        $entries | Should -HaveCount 2
        $client, $server = $entries
        $client.LocalPort, $client.RemotePort | Should -Be ($peer.ClientPort, $peer.ServerPort)
        $server.LocalPort, $server.RemotePort | Should -Be ($peer.ServerPort, $peer.ClientPort)
        foreach ($entry in $entries) {
            $entry.Bypass | Should -Be 'default'
            $entry.Family | Should -Be $family
            $entry.LocalAddress, $entry.RemoteAddress | Should -Be ($address, $address)
            $entry.State | Should -Be 'Established'
            $entry.Path | Should -Be 'Redirected'
            $entry.RedirectedBytes | Should -BeGreaterThan (100 * 64)
            $entry.RedirectedBytes + $entry.TcpBytes | Should -Be (200 * 64)
            $entry.RedirectedMessages + $entry.TcpMessages | Should -Be 200
            $entry.QueuedBytes | Should -Be 0
        }

        $bypass = Get-SockmapBypass @there
        $bypass.Name, $bypass.State, $bypass.IsHealthy, $bypass.Entries | Should -Be ('default', 'Active', $true, 2)
        $bypass.Cgroup | Should -Be $sandbox.Cgroup
        $bypass.BytesRedirected + $bypass.BytesOverTcp | Should -Be (2 * 200 * 64)
        $bypass.SocketsInserted | Should -Be 2

        Remove-SockmapBypass @there | Should -BeNullOrEmpty
        Get-SockmapBypass @there | Should -BeNullOrEmpty
        Get-SockmapEntry @there | Should -BeNullOrEmpty
        [IO.Directory]::Exists("$($sandbox.BpfFileSystem)/sockmapps/default") | Should -BeFalse
        Invoke-Peer $peer 'echo 20 64'
    }

    It 'takes only what the filters let in' {
        Install-SockmapBypass @here -ExcludeAddress 127.0.0.0/8
        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 5 64'
        Get-SockmapEntry @there | Should -BeNullOrEmpty
        $bypass = Get-SockmapBypass @there
        $bypass.SocketsFiltered | Should -Be 2
        $bypass.ExcludeAddress | Should -Be '127.0.0.0/8'
        $bypass.BytesRedirected | Should -Be 0
    }

    It 'reads its settings back' {
        $bypass = Install-SockmapBypass wide @here -Port 6379, 8000-8100, 6380 -ExcludePort '8001' -Address 10.0.0.0/8, ::1 `
            -Family Any -QueueLimit 1MB -Variant Probing -PassThru -WarningAction SilentlyContinue
        $bypass.Name | Should -Be 'wide'
        $bypass.Port | Should -Be ('6379-6380', '8000-8100')
        $bypass.ExcludePort | Should -Be '8001'
        $bypass.Address | Should -Be ('10.0.0.0/8', '::1/128')
        $bypass.QueueLimit | Should -Be 1MB
        $bypass.Variant | Should -Be 'Probing'
        $bypass.MaxEntries | Should -Be 64
        $bypass.BpfFileSystem | Should -Be $sandbox.BpfFileSystem
        Compare-Object $bypass (Get-SockmapBypass wide @there) -Property $bypass.PSObject.Properties.Name | Should -BeNullOrEmpty
    }

    It 'is installed again without a change, and told so' {
        Install-SockmapBypass @here
        $before = Get-SockmapBypass @there
        $told = Install-SockmapBypass @here -Verbose 4>&1
        "$($told[-1])" | Should -BeLike '*nothing was changed*'
        (Get-SockmapBypass @there).InstalledAt | Should -Be $before.InstalledAt
    }

    It 'is not replaced by other settings, unless forced' {
        Install-SockmapBypass @here
        $failure = Get-Failure { Install-SockmapBypass @here -Port 6379 }
        $failure.FullyQualifiedErrorId | Should -Be 'BypassSettingsDiffer,SockmapPS.Commands.InstallSockmapBypassCommand'
        $failure.CategoryInfo.Category | Should -Be 'ResourceExists'
        $failure.TargetObject | Should -Be 'default'
        (Get-SockmapBypass @there).Port | Should -BeNullOrEmpty

        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 20 64'
        Install-SockmapBypass @here -Port 6379 -Force
        Invoke-Peer $peer 'echo 20 64'
        (Get-SockmapBypass @there).Port | Should -Be '6379'
        Get-SockmapEntry @there | Should -BeNullOrEmpty
    }

    It 'is saved to a file and installed from it' {
        Install-SockmapBypass one @here -Port 6379, 8000-8100 -Address 127.0.0.0/8
        Install-SockmapBypass two @here -Family IPv6 -CrossNamespace -KeepSockets -ThroughNat
        Get-SockmapBypass @there | Export-Clixml "$TestDrive/bypasses.xml"
        $before = Get-SockmapBypass @there
        Get-SockmapBypass @there | Remove-SockmapBypass
        Get-SockmapBypass @there | Should -BeNullOrEmpty

        Import-Clixml "$TestDrive/bypasses.xml" | Install-SockmapBypass
        $settings = 'Name', 'Cgroup', 'Family', 'Port', 'ExcludePort', 'Address', 'ExcludeAddress', 'CrossNamespace', 'KeepSockets', 'ThroughNat', 'MaxEntries', 'QueueLimit', 'Variant', 'State'
        $after = Get-SockmapBypass @there
        $after.Name | Should -Be ('one', 'two')
        Compare-Object $before $after -Property $settings | Should -BeNullOrEmpty
        $after.ThroughNat | Should -Be ($false, $true)
        Import-Clixml "$TestDrive/bypasses.xml" | Install-SockmapBypass -Verbose 4>&1 | Where-Object { "$_" -like '*nothing was changed*' } |
            Should -HaveCount 2
    }

    It 'goes through the pipeline from one cmdlet to the next' {
        Install-SockmapBypass web1 @here -Port 1-32767
        Install-SockmapBypass web2 @here -Port 32768-65535
        Install-SockmapBypass other @here -Port 1 -Family IPv6
        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 20 64'
        (Get-SockmapBypass web* @there).Name | Should -Be ('web1', 'web2')
        $entries = Get-SockmapBypass web* @there | Get-SockmapEntry
        $entries | Should -HaveCount 2
        Get-SockmapBypass @there | Get-SockmapEntry -LocalPort $peer.ServerPort | ForEach-Object RemotePort | Should -Be $peer.ClientPort
        Get-SockmapBypass @there | Get-SockmapEntry -RemotePort "$($peer.ServerPort)-$($peer.ServerPort)" | ForEach-Object LocalPort | Should -Be $peer.ClientPort
        $removed = Get-SockmapBypass web* @there | Remove-SockmapBypass -PassThru
        $removed.Name | Should -Be ('web1', 'web2')
        $removed.IsComplete | Should -Be ($true, $true)
        ($removed | Measure-Object RemovedEntries -Sum).Sum | Should -Be 2
        (Get-SockmapBypass @there).Name | Should -Be 'other'
        Invoke-Peer $peer 'echo 20 64'
    }

    It 'shows entries of a deserialized object, and as a table of 120 columns' {
        Install-SockmapBypass @here
        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 20 64'
        $entry = Get-SockmapEntry @there -LocalPort $peer.ServerPort
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($entry))
        $copy.LocalAddress | Should -BeOfType ([Net.IPAddress])
        $copy.RedirectedBytes | Should -BeOfType ([ulong])
        $copy.Cookie | Should -Be $entry.Cookie
        $table = $copy | Format-Table | Out-String -Width 120
        $table | Should -Be ($entry | Format-Table | Out-String -Width 120)
        $table | Should -BeLike "*127.0.0.1:$($peer.ServerPort)*127.0.0.1:$($peer.ClientPort)*Redirected*"
    }

    It 'is not touched by -WhatIf' {
        Install-SockmapBypass @here -WhatIf
        [IO.Directory]::Exists("$($sandbox.BpfFileSystem)/sockmapps") | Should -BeFalse
        Install-SockmapBypass @here
        $before = Get-SockmapBypass @there
        Remove-SockmapBypass @there -WhatIf
        Remove-SockmapBypass @there -Force -WhatIf
        Install-SockmapBypass @here -Port 1 -Force -WhatIf
        Compare-Object $before (Get-SockmapBypass @there) -Property $before.PSObject.Properties.Name | Should -BeNullOrEmpty
    }

    It 'tells each step as verbose lines' {
        $installed = Install-SockmapBypass @here -Verbose 4>&1
        $installed | Should -BeOfType ([Management.Automation.VerboseRecord])
        $installed.Count | Should -BeGreaterThan 3
        "$($installed[-1])" | Should -Be "Bypass 'default' was installed."
        $removed = Remove-SockmapBypass @there -Verbose 4>&1
        $removed.Count | Should -BeGreaterThan 2
        "$($removed[-1])" | Should -BeLike "Bypass 'default' was removed in * s; sockets taken out of it: 0."
    }

    It 'is installed on a cgroup of a relative path with a backslash' {
        $name = 'dev-disk\x2dby.slice'
        $null = [IO.Directory]::CreateDirectory("$($sandbox.Cgroup)/$name")
        Push-Location -LiteralPath $sandbox.Cgroup
        try { (Install-SockmapBypass @there -Cgroup $name -PassThru).Cgroup | Should -Be "$($sandbox.Cgroup)/$name" }
        finally { Pop-Location }
    }

    It 'waits for readers, says who does not read, and goes on later' {
        Install-SockmapBypass @here
        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 20 64'
        Invoke-Peer $peer 'push 1000'
        (Get-SockmapEntry @there -LocalPort $peer.ServerPort).QueuedBytes | Should -Be 1000

        $removal = Remove-SockmapBypass @there -Timeout 0.2 -PassThru -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures | Should -HaveCount 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'DrainTimeout,SockmapPS.Commands.RemoveSockmapBypassCommand'
        $failures[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $failures[0].TargetObject | Should -Be 'default'
        "$($failures[0])" | Should -BeLike "*1000 unread bytes*127.0.0.1:$($peer.ServerPort) from 127.0.0.1:$($peer.ClientPort) (1000)*"
        $removal.IsComplete, $removal.UnreadBytes, $removal.DroppedBytes | Should -Be ($false, 1000, 0)
        $removal.Remaining | Should -Contain "127.0.0.1:$($peer.ServerPort) from 127.0.0.1:$($peer.ClientPort) (1000)"
        (Get-SockmapBypass @there).State | Should -Be 'Draining'

        Invoke-Peer $peer 'pull 1000'
        Remove-SockmapBypass @there
        Get-SockmapBypass @there | Should -BeNullOrEmpty
        Invoke-Peer $peer 'echo 20 64'
    }

    It 'shows progress while it waits' {
        Install-SockmapBypass @here
        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 20 64'
        Invoke-Peer $peer 'push 2048'
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript('param($module, $bpf) Import-Module $module; Remove-SockmapBypass -BpfFileSystem $bpf -Timeout 0.2').
                AddArgument($ModulePath).AddArgument($sandbox.BpfFileSystem).Invoke()
            $shell.Streams.Progress[0].Activity | Should -Be "Removing bypass 'default'"
            $shell.Streams.Progress.StatusDescription | Should -Contain 'Sockets left: 1, unread: 2 KiB'
            $shell.Streams.Progress[-1].RecordType | Should -Be 'Completed'
        }
        finally {
            $shell.Dispose()
        }
    }

    It 'stops at once when the pipeline is stopped, and can be removed later' {
        Install-SockmapBypass @here
        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 20 64'
        Invoke-Peer $peer 'push 1000'
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript('param($module, $bpf) Import-Module $module; Remove-SockmapBypass -BpfFileSystem $bpf -Timeout 600').
                AddArgument($ModulePath).AddArgument($sandbox.BpfFileSystem)
            $run = $shell.BeginInvoke()
            for ($try = 0; $shell.Streams.Progress.Count -eq 0 -and $try -lt 500; $try++) { Start-Sleep -Milliseconds 20 }
            $shell.Streams.Progress.Count | Should -BeGreaterThan 0
            $shell.Stop()
            { $shell.EndInvoke($run) } | Should -Throw
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        }
        finally {
            $shell.Dispose()
        }
        (Get-SockmapBypass @there).State | Should -Be 'Draining'
        Invoke-Peer $peer 'pull 1000'
        Remove-SockmapBypass @there
        Get-SockmapBypass @there | Should -BeNullOrEmpty
    }

    It 'leaves nothing half done where a verbose line ends the command' {
        { Install-SockmapBypass @here -Verbose -ErrorAction Stop 4>$null; $VerbosePreference = 'Stop'; Install-SockmapBypass second @here } |
            Should -Throw -ErrorId 'ActionPreferenceStop*'
        (Get-SockmapBypass @there).Name | Should -Be 'default'
        [IO.Directory]::GetDirectories("$($sandbox.BpfFileSystem)/sockmapps") | Should -HaveCount 1
    }

    It 'is forced away, and says how many bytes that cost' {
        Install-SockmapBypass @here
        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 20 64'
        Invoke-Peer $peer 'push 1000'
        $removal = Remove-SockmapBypass @there -Force -PassThru -WarningVariable warnings -WarningAction SilentlyContinue
        $removal.IsComplete, $removal.DroppedBytes, $removal.RemovedEntries | Should -Be ($true, 1000, 2)
        "$warnings" | Should -BeLike '*1000 bytes*'
        Get-SockmapBypass @there | Should -BeNullOrEmpty
    }
}

Describe 'What cannot be done' -Skip:$notRoot {
    BeforeAll {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
    }

    AfterAll {
        if (Test-Path variable:sandbox) { Close-Sandbox $sandbox }
    }

    It 'a name that is not installed is an error of <command>, and a wildcard is none' -ForEach @(
        @{ command = 'Get-SockmapBypass' }
        @{ command = 'Get-SockmapEntry' }
        @{ command = 'Remove-SockmapBypass' }
    ) {
        $failure = Get-Failure { & $command nobody @there }
        $failure.FullyQualifiedErrorId | Should -Be "BypassNotFound,SockmapPS.Commands.$($command -replace '-')Command"
        $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure.TargetObject | Should -Be 'nobody'
        "$failure" | Should -BeLike "*'nobody'*"
        & $command no* @there -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'each name that is not installed is an error of its own' {
        Get-SockmapBypass one, two @there -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures.TargetObject | Should -Be ('one', 'two')
    }

    It 'where nothing is installed nothing is shown' {
        Get-SockmapBypass @there -ErrorAction Stop | Should -BeNullOrEmpty
        Get-SockmapEntry @there -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'a cgroup that <what> is <id>' -ForEach @(
        @{ what = 'is not there'; path = '/sys/fs/cgroup/no-such-cgroup'; id = 'CgroupNotFound'; category = 'ObjectNotFound' }
        @{ what = 'is another folder'; path = '/usr'; id = 'NotACgroup'; category = 'InvalidArgument' }
        @{ what = 'is a file'; path = '/etc/passwd'; id = 'NotACgroup'; category = 'InvalidArgument' }
    ) {
        $failure = Get-Failure { Install-SockmapBypass -Cgroup $path @there }
        $failure.FullyQualifiedErrorId | Should -Be "$id,SockmapPS.Commands.InstallSockmapBypassCommand"
        $failure.CategoryInfo.Category | Should -Be $category
        $failure.TargetObject | Should -Be $path
        "$failure" | Should -BeLike "*'$path'*"
        Get-SockmapBypass @there | Should -BeNullOrEmpty
    }

    It '<setting> is an InvalidSetting' -ForEach @(
        @{ setting = 'a name with a dot'; arguments = @{ Name = 'a.b' } }
        @{ setting = 'no entries'; arguments = @{ MaxEntries = 0 } }
    ) {
        $failure = Get-Failure { Install-SockmapBypass -Cgroup $sandbox.Cgroup @there @arguments }
        $failure.FullyQualifiedErrorId | Should -Be 'InvalidSetting,SockmapPS.Commands.InstallSockmapBypassCommand'
        $failure.CategoryInfo.Category | Should -Be 'InvalidArgument'
        Get-SockmapBypass @there | Should -BeNullOrEmpty
    }

    It 'a folder that is no bpffs is NoBpfFileSystem' {
        $failure = Get-Failure { Install-SockmapBypass -Cgroup $sandbox.Cgroup -BpfFileSystem $TestDrive }
        $failure.FullyQualifiedErrorId | Should -Be 'NoBpfFileSystem,SockmapPS.Commands.InstallSockmapBypassCommand'
        $failure.CategoryInfo.Category | Should -Be 'ResourceUnavailable'
    }
}

Describe 'Test-SockmapSupport' -Skip:$notRoot {
    It 'is one bool' {
        $answer = Test-SockmapSupport
        $answer | Should -HaveCount 1
        $answer | Should -BeOfType ([bool])
    }

    It 'is False exactly where a required check is not supported' {
        $checks = Test-SockmapSupport -Detailed
        $checks | Should -BeOfType ([Sockmap.Support.SupportCheck])
        $checks.Name | Should -Be ($checks.Name | Select-Object -Unique)
        Test-SockmapSupport | Should -Be (-not $checks.Where({ $_.Need -eq 'Required' -and $_.State -ne 'Supported' }))
    }

    It 'is True for a cgroup that a bypass can be installed on' {
        $sandbox = Open-Sandbox
        try {
            Install-SockmapBypass -Cgroup $sandbox.Cgroup -BpfFileSystem $sandbox.BpfFileSystem -ErrorAction Stop
            Test-SockmapSupport -Cgroup $sandbox.Cgroup | Should -BeTrue
        }
        finally {
            Close-Sandbox $sandbox
        }
    }

    It 'tells each check as a verbose line' {
        $lines = Test-SockmapSupport -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
        $lines | Should -HaveCount @(Test-SockmapSupport -Detailed).Count
    }

    It 'is False for a folder that is no cgroup' {
        Test-SockmapSupport -Cgroup /usr | Should -BeFalse
        $check = Test-SockmapSupport -Cgroup /usr -Detailed | Where-Object { $_.Need -eq 'Required' -and $_.State -ne 'Supported' }
        "$($check.Detail)" | Should -BeLike '*/usr*'
    }

    It 'leaves no cgroup and no pin behind' {
        $sandbox = Open-Sandbox
        try {
            Invoke-Isolated $sandbox @'
                Import-Module SockmapPS
                $before = Get-ChildItem /sys/fs/cgroup, /sys/fs/bpf -Recurse | ForEach-Object FullName
                "supported: $(Test-SockmapSupport)"
                $after = Get-ChildItem /sys/fs/cgroup, /sys/fs/bpf -Recurse | ForEach-Object FullName
                "left: $(Compare-Object $before $after)"
'@ | Should -Be "supported: True`nleft: `n"
        }
        finally {
            Close-Sandbox $sandbox
        }
    }
}

Describe 'As it is written' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
    }

    AfterEach {
        Close-Sandbox $sandbox
    }

    It 'the three lines of the product page work' {
        $output = Invoke-Isolated $sandbox @'
            Import-Module SockmapPS
            Install-SockmapBypass -Cgroup /sys/fs/cgroup/unified
            $peer = Open-Peer ([pscustomobject]@{ Cgroup = '/sys/fs/cgroup/unified'; Peers = [Collections.Generic.List[object]]::new() })
            Invoke-Peer $peer 'echo 50 64'
            Get-SockmapEntry | Format-Table
            Remove-SockmapBypass
            Invoke-Peer $peer 'echo 50 64'
            "left: $(@(Get-SockmapBypass).Count)"
            $peer.Process.Kill()
'@
        $output | Should -Match '(?m)^ +Bypass: default'
        $output | Should -Match '(?m)^Local +Remote +Process +Path +Messages +Bytes +Queued'
        $output | Should -Match '(?m)^127\.0\.0\.1:\d+ +127\.0\.0\.1:\d+ +pwsh \d+ +Redirected +\d\d '
        $output | Should -Match '(?m)^left: 0'
    }

    It 'every example of the help runs' {
        $output = Invoke-Isolated $sandbox @'
            Import-Module SockmapPS
            $null = New-Item -ItemType Directory /sys/fs/cgroup/system.slice/shop.service
            $peers = [Collections.Generic.List[object]]::new()
            $PSDefaultParameterValues['Watch-SockmapEvent:Timeout'] = 1
            # A connection that every install finds established, of a process with the name that examples use. (Those of
            # sockets that are handed over need two processes: SockmapSocket.Tests.ps1.)
            $old = Open-Peer ([pscustomobject]@{ Cgroup = '/sys/fs/cgroup'; Peers = $peers })
            Invoke-Peer $old 'name redis-server'
            Invoke-Peer $old 'echo 5 64'
            foreach ($command in Get-Command -Module SockmapPS -Noun Sockmap* | Where-Object Noun -NotMatch 'Socket$|Policy|Redirect|Proxy') {
                foreach ($example in (Get-Help $command.Name -Full).examples.example) {
                    Get-SockmapBypass | Remove-SockmapBypass -Force
                    if ($command.Verb -in 'Get', 'Remove', 'Watch', 'Add' -or $command.Name -eq 'Test-SockmapBypass') { 'default', 'redis', 'web1' | ForEach-Object { Install-SockmapBypass $_ } }
                    if ($command.Noun -eq 'SockmapEntry') { Invoke-Peer (Open-Peer ([pscustomobject]@{ Cgroup = '/sys/fs/cgroup'; Peers = $peers })) 'echo 5 64' }
                    $code = $example.code -replace '(?m)^PS> '
                    if ($command.Noun -eq 'SockmapEntry' -and $command.Verb -ne 'Get') { $code = $code -replace '6379', $old.ServerPort }
                    if ($command.Name -eq 'Remove-SockmapEntry') { Add-SockmapEntry -Port $old.ServerPort }
                    try { $null = Invoke-Expression $code *>&1; "ran: $code" }
                    catch { "failed: $code`n$_" }
                }
            }
            $peers | ForEach-Object { $_.Kill(); $_.WaitForExit() }
'@
        $output | Should -Not -Match '(?m)^failed: '
        $examples = (Get-Command -Module SockmapPS -Noun Sockmap* | Where-Object Noun -NotMatch 'Socket$|Policy|Redirect|Proxy').ForEach({ (Get-Help $_.Name -Full).examples.example }).Count
        [regex]::Matches($output, '(?m)^ran: ').Count | Should -Be $examples
    }

    It 'every example of policies, redirects and proxies runs' {
        $output = Invoke-Isolated $sandbox @'
            Import-Module SockmapPS
            $web, $shop = 'web', 'shop' | ForEach-Object { "/sys/fs/cgroup/system.slice/$_.service" }
            $null = $web, $shop | ForEach-Object { New-Item -ItemType Directory $_ -Force }
            Set-Content ./web-rules.psd1 '@{ Rules = @(@{ Direction = "Egress"; Action = "Drop"; RemoteAddress = "192.0.2.0/24" }) }'
            $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
            $listener.Start()
            $port = $listener.LocalEndpoint.Port
            function Connect-Pair {
                $one = [Net.Sockets.TcpClient]::new('127.0.0.1', $port)
                $one, $listener.AcceptTcpClient()
            }
            foreach ($command in Get-Command -Module SockmapPS | Where-Object Noun -Match 'Policy|Redirect|Proxy') {
                foreach ($example in (Get-Help $command.Name -Full).examples.example) {
                    $code = $example.code -replace '(?m)^PS> '
                    Get-SockmapPolicy | Remove-SockmapPolicy
                    Get-SockmapRedirect | Remove-SockmapRedirect -Force
                    Get-SockmapProxy | Stop-SockmapProxy -Timeout 0
                    if ($command.Noun -match 'Policy' -and $command.Name -ne 'New-SockmapPolicy') {
                        if ($code -match '\bweb\b|shop') {
                            New-SockmapPolicy web -Cgroup $web
                            New-SockmapPolicy shop -Cgroup $shop
                            1..4 | ForEach-Object { Add-SockmapPolicyRule web -Direction Egress -Action Drop -RemotePort $_ }
                        }
                        else { New-SockmapPolicy }
                    }
                    ($front, $peer), ($back, $far), ($client, $unix) = (Connect-Pair), (Connect-Pair), (Connect-Pair)
                    if ($command.Name -match '^(Get|Remove)-SockmapRedirect$') { $null = New-SockmapRedirect $front $back -Mode IngressToEgress }
                    if ($command.Name -match '^(Get|Stop)-SockmapProxy$') { Start-SockmapProxy 127.0.0.1:0 "127.0.0.1:$port" -Name web }
                    $code = $code -replace '\b(812|77)\b', $PID -replace '-FromPort 5000', "-FromDescriptor $($front.Client.Handle)" -replace
                        '-ToDescriptor 9', "-ToDescriptor $($back.Client.Handle)" -replace '(?<=RemotePort )6379', $port -replace
                        'Get-SockmapCandidate -RemotePort \d+', '$& | Select-Object -First 1'
                    try { $null = Invoke-Expression $code *>&1; "ran: $code" }
                    catch { "failed: $code`n$_" }
                    $front, $peer, $back, $far, $client, $unix | ForEach-Object Dispose
                }
            }
            Get-SockmapPolicy | Remove-SockmapPolicy
            Get-SockmapProxy | Stop-SockmapProxy -Timeout 0
'@
        $output | Should -Not -Match '(?m)^failed: '
        $examples = (Get-Command -Module SockmapPS | Where-Object Noun -Match 'Policy|Redirect|Proxy').ForEach({ (Get-Help $_.Name -Full).examples.example }).Count
        [regex]::Matches($output, '(?m)^ran: ').Count | Should -Be $examples
    }

    It 'without privileges it says so, and shows no error where nothing is to be shown' {
        $lines = "$TestDrive/nobody.ps1"
        Set-Content $lines @"
            Import-Module '$ModulePath'
            try { Install-SockmapBypass -Cgroup '$($sandbox.Cgroup)' -BpfFileSystem '$($sandbox.BpfFileSystem)'; 'installed' }
            catch { "`$(`$_.FullyQualifiedErrorId) `$(`$_.CategoryInfo.Category)"; "`$_" }
            "supported: `$(Test-SockmapSupport)"
            "listed: `$(@(Get-SockmapBypass -ErrorAction Stop).Count)"
"@
        $null = [IO.Directory]::CreateDirectory("$TestDrive/home")
        Invoke-Native chown '65534', "$TestDrive/home"
        Invoke-Native chmod 'a+rx', $TestDrive
        Invoke-Native chmod 'a+rwx', $sandbox.BpfFileSystem
        $output = Invoke-Native setpriv '--reuid=65534', '--regid=65534', '--clear-groups', 'env', "HOME=$TestDrive/home",
            ([Environment]::ProcessPath), '-NoProfile', '-NonInteractive', '-File', $lines
        $output | Should -Contain 'PermissionDenied,SockmapPS.Commands.InstallSockmapBypassCommand PermissionDenied'
        $output | Should -Contain 'supported: False'
        $output | Should -Contain 'listed: 0'
    }
}
