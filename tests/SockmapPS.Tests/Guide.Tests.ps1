# The guide for users of bpftool: the right columns of its tables are run as they are written.
BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
    $top = (Resolve-Path "$PSScriptRoot/../..").Path

    # Which of the test objects the names of files in the guide stand for.
    $pair44 = @{ 'bpf_sockops.o' = 'pair44_sockops'; 'bpf_redir.o' = 'pair44_redirect' }
    # Of each table: the program that is on the cgroup after the row whose left side has the words in Attached, and the
    # maps with that verdict in which both ends of a connection are at the row with the words in Connected.
    $about = @{
        'Two maps: those who connect, and those who accept' = @{
            Objects = @{ 'sockops_ip4.bpf.o' = 'proxy_sockops'; 'redirect_tcp.bpf.o' = 'proxy_redirect' }
            Cgroup = '/mnt/cgroup2'; Program = 'bpf_sockmap'; Attached = 'bpftool cgroup attach'; Connected = '`bpftool prog`'
            Maps = '/sys/fs/bpf/skops_map', '/sys/fs/bpf/skops_proxy_map'; Verdict = 'bpf_tcpip_bypass'
        }
        'One map, and scripts that load and unload' = @{
            Objects = @{ 'bpf_sockops_v4.o' = 'pair24_sockops'; 'bpf_tcpip_bypass.o' = 'pair24_redirect' }
            Cgroup = '/sys/fs/cgroup/unified'; Program = 'take_in'; Attached = '`load.sh`, 2'; Connected = '`nc localhost 1000`'
            Maps = @('/sys/fs/bpf/sock_ops_map'); Verdict = 'tcpip_bypass_by_pair24'
        }
        'Under iperf3' = @{
            Objects = $pair44
            Cgroup = '/sys/fs/cgroup/unified'; Program = 'bpf_sockmap'; Attached = 'load.sh'; Connected = 'iperf3 -c'
            Maps = @('/sys/fs/bpf/sock_ops_map'); Verdict = 'bpf_redir'
        }
        'The talk: one object, two network namespaces, and a map made by hand' = @{
            Objects = @{ 'redir_bypass.bpf.o' = 'redir_bypass' }
            Cgroup = '/sys/fs/cgroup/unified/test.slice'; Program = 'sockops_prog'; Attached = 'bpftool cgroup attach'; Connected = 'echo $$'
            Maps = @('/sys/fs/bpf/sock_map'); Verdict = 'sk_msg_prog'
        }
        'Step by step, with a look at everything' = @{
            Objects = $pair44
            Cgroup = '/sys/fs/cgroup/unified'; Program = 'bpf_sockmap'; Attached = 'bpftool cgroup attach'; Connected = '`nc localhost 1000`'
            Maps = @('/sys/fs/bpf/sock_ops_map'); Verdict = 'bpf_redir'
        }
    }

    $tables = foreach ($section in (Get-Content -Raw "$top/docs/from_bpftool.md") -split '(?m)^## ' | Select-Object -Skip 1) {
        $title, $lines = $section -split "`n"
        $rows = foreach ($line in $lines -like '|*' | Select-Object -Skip 2) {
            # In a table a bar that is no border is written \|.
            $cells = @(($line -split '(?<!\\)\|').Trim())
            if ($cells.Count -ne 4) { throw "Not a row of two cells: $line" }
            @{
                Shell = $cells[1] -replace '\\\|', '|'
                Code  = @([regex]::Matches($cells[2], '`([^`]+)`').ForEach({ $_.Groups[1].Value -replace '\\\|', '|' }))
                Words = $cells[2] -replace '`[^`]+`' -replace '<br>'
            }
        }
        @{ Title = $title; Rows = $rows; About = $about[$title] }
    }
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    $seeds = "$Top/tests/Sockmap.Bpf.Tests/objects/seeds"
}

Describe 'The guide from bpftool' {
    It 'has five tables' -ForEach @{ Tables = $tables } {
        $Tables | Should -HaveCount 5
        $Tables.About | Should -HaveCount 5
    }

    It 'has something on the right of each line: <Title>' -ForEach $tables {
        foreach ($row in $Rows) {
            $row.Shell | Should -Not -BeNullOrEmpty
            $row.Code.Count + $row.Words.Length | Should -BeGreaterThan 0 -Because $row.Shell
        }
    }

    It 'works from top to bottom: <Title>' -Skip:$notRoot -ForEach $tables {
        foreach ($name in $About.Objects.Keys) { Copy-Item "$seeds/$($About.Objects[$name]).bpf.o" "$TestDrive/$name" -Force }
        $script = [Collections.Generic.List[string]]@(
            'Import-Module SockmapPS'
            '$PSNativeCommandUseErrorActionPreference = $true'
            'mount -t tmpfs none /mnt'
            "`$peers = [pscustomobject]@{ Cgroup = '$($About.Cgroup)'; Peers = [Collections.Generic.List[object]]::new() }")
        foreach ($row in $Rows) {
            if ($row.Shell.Contains($About.Connected) -and $About.Connected -notlike 'echo*') { $script.Add('$peer = Open-Peer $peers') }
            foreach ($code in $row.Code) {
                $script.Add("'line: $($code -replace "'", "''")'")
                $script.Add($code)
            }
            if ($row.Shell.Contains($About.Attached)) {
                # What bpftool says of the cgroup, not what the module says.
                $script.Add("`"attached: `$((bpftool -j cgroup show '$($About.Cgroup)' | ConvertFrom-Json).name)`"")
            }
            if ($row.Shell.Contains($About.Connected)) {
                if ($About.Connected -like 'echo*') { $script.Add('$peer = Open-Peer $peers') }
                $maps = "'$($About.Maps -join "', '")'"
                $script.Add("`"entries: `$(@(Get-BpfMapEntry $maps -WarningAction Ignore).Count)`"")
                $script.Add("`"verdict: `$(@(Get-BpfAttachment -Map $maps).ProgName)`"")
                $script.Add('$peer.Process.Kill(); $peer.Process.WaitForExit()')
            }
        }
        $script.Add('"pins: $([IO.Directory]::GetFileSystemEntries("/sys/fs/bpf") -notlike "*.debug")."')
        $script.Add("`"still attached: `$(bpftool -j cgroup tree /sys/fs/cgroup)`"")
        $script.Add('"the end"')

        $sandbox = Open-Sandbox
        try { $output = Invoke-Isolated $sandbox ($script -join "`n") }
        finally { Close-Sandbox $sandbox }

        $output | Should -Match '(?m)^the end$'
        [regex]::Matches($output, '(?m)^line: ').Count | Should -Be @($Rows.Code).Count
        $output | Should -Match "(?m)^attached: $($About.Program)`$"
        $output | Should -Match '(?m)^entries: 2$'
        $output | Should -Match "(?m)^verdict: $(@($About.Maps).ForEach({ $About.Verdict }) -join ' ')`$"
        $output | Should -Match '(?m)^pins: \.$'
        $output | Should -Match '(?m)^still attached: (\[\])?$'
    }
}
