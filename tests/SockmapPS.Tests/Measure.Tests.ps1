BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
    $noRedis = -not (Get-Command redis-server, redis-benchmark -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    $naive = "$PSScriptRoot/../Sockmap.Tests/objects/naive.bpf.o"
    $short = @{ Round = 3; RoundTime = 0.02 }

    function Assert-NothingLeft {
        [IO.Directory]::GetDirectories((Get-CgroupRoot), "sockmap-measure-$PID-*") | Should -BeNullOrEmpty
        Get-SockmapBypass -BpfFileSystem $sandbox.BpfFileSystem | Should -BeNullOrEmpty
        Get-ChildItem /proc -Directory | Where-Object { $_.Name -match '^\d+$' -and (Get-Content "$_/status" -ErrorAction Ignore) -contains "PPid:`t$PID" } |
            ForEach-Object { Get-Content "$_/comm" } | Should -Not -Contain 'pwsh'
    }
}

Describe 'Measure-SockmapBypass' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem } + $short
    }

    AfterEach {
        Assert-NothingLeft
        Close-Sandbox $sandbox
    }

    It 'gives a row for each arm, and leaves nothing' {
        $cgroup = [IO.File]::ReadAllText('/proc/self/cgroup')
        $rows = Measure-SockmapBypass Latency 64 @there
        [IO.File]::ReadAllText('/proc/self/cgroup') | Should -Be $cgroup
        $rows | Should -BeOfType ([Sockmap.Measuring.Measurement])
        $rows.Arm | Should -Be ('Tcp', 'Bypass', 'Unix')
        $rows.Median | ForEach-Object { $_ | Should -BeGreaterThan 0 }
        $rows[0].Ratio, $rows[0].RedirectedShare | Should -Be (1, 0)
        $rows[1].RedirectedShare | Should -BeGreaterThan 0.9
        $rows.Rounds | Should -Be (3, 3, 3)
        $rows[0].Unit | Should -Be 'us'
    }

    It 'measures all kinds, sizes, numbers of connections and another object' {
        $rows = Measure-SockmapBypass -MessageSize 1, 4KB -Connection 1, 2 -Object $naive -Arm Bypass @there
        @($rows).Count | Should -Be ((2 * 2 * 2 + 2) * 3)
        ($rows | Where-Object Arm -EQ Object).ObjectPath | Select-Object -Unique | Should -Be ([IO.Path]::GetFullPath($naive))
        $rows | Where-Object { $_.Arm -eq 'Object' -and $_.Kind -eq 'Latency' } | ForEach-Object { $_.RedirectedShare | Should -BeGreaterThan 0.9 }
    }

    It 'measures connections beside the filters, which stay on TCP' {
        $rows = Measure-SockmapBypass Throughput 4KB -Arm Beside @there
        $rows.Arm | Should -Be ('Tcp', 'Beside')
        $rows[1].RedirectedShare | Should -Be 0
    }

    It 'measures a real program' -Skip:$noRedis {
        $rows = Measure-SockmapBypass -Workload Redis -MessageSize 64 -BpfFileSystem $sandbox.BpfFileSystem -Round 3 -RoundTime 0.1
        $rows.Workload | Select-Object -Unique | Should -BeLike '*redis*'
        $rows.Arm | Select-Object -Unique | Should -Be ('Tcp', 'Bypass')
        ($rows | Where-Object Arm -EQ Bypass).RedirectedShare | ForEach-Object { $_ | Should -BeGreaterThan 0.5 }
    }

    It 'shows progress and tells its steps' {
        $steps = Measure-SockmapBypass Throughput 64 -Arm Unix @there -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
        "$steps" | Should -BeLike '*is the server, process * the client*'
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$ModulePath'; Measure-SockmapBypass Latency 1 -Arm Tcp -Round 3 -RoundTime 0.02 -BpfFileSystem '$($sandbox.BpfFileSystem)'").Invoke()
            $progress = $shell.Streams.Progress | Where-Object Activity -EQ Measuring
            $progress[0].StatusDescription | Should -Be 'Latency, 1 bytes, 1 connection'
            $progress.PercentComplete | Should -Contain 100
            $progress[-1].RecordType | Should -Be 'Completed'
        }
        finally {
            $shell.Dispose()
        }
    }

    It 'writes to a file in place of the pipeline, and with -PassThru to both' {
        $path = "$TestDrive/rows.json"
        Set-Content $path ('x' * 100000)
        Measure-SockmapBypass ConnectionRate @there -Path $path | Should -BeNullOrEmpty
        $read = Get-Content $path -Raw | ConvertFrom-Json
        $read.arm | Should -Be ('Tcp', 'Bypass', 'Unix')
        $read[0].kind, $read[0].unit | Should -Be ('ConnectionRate', '1/s')
        $rows = Measure-SockmapBypass Latency 1 -Arm Tcp @there -Path $path -PassThru
        $rows.Arm | Should -Be 'Tcp'
        @(Get-Content $path -Raw | ConvertFrom-Json).median | Should -Be $rows.Median
    }

    It 'refuses in one sentence: <_.Message>' -ForEach @(
        @{ Arguments = @{ MessageSize = 0 }; Message = '0 is no message size: 1 to 16777216 bytes are possible.'; Id = 'InvalidSetting' }
        @{ Arguments = @{ Cpu = 1000 }; Message = 'CPU 1000 cannot be used: *'; Id = 'InvalidSetting' }
        @{ Arguments = @{ Object = '/nosuch.o' }; Message = "The object '/nosuch.o' cannot be measured: *"; Id = 'InvalidSetting' }
        @{ Arguments = @{ Path = '/nosuch/file' }; Message = '*/nosuch/file*'; Id = 'FileNotWritable' }
    ) {
        $arguments = $there + $_.Arguments
        $failure = Get-Failure { Measure-SockmapBypass @arguments }
        $failure.FullyQualifiedErrorId | Should -Be "$($_.Id),SockmapPS.Commands.MeasureSockmapBypassCommand"
        "$failure" | Should -BeLike $_.Message
    }

    It 'stops at once, also where the pipeline has what it wants' {
        $time = [Diagnostics.Stopwatch]::StartNew()
        (Measure-SockmapBypass Latency -MessageSize (1..200) @there | Select-Object -First 1).Arm | Should -Be 'Tcp'
        Assert-NothingLeft
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$ModulePath'; Measure-SockmapBypass -Round 1000 -BpfFileSystem '$($sandbox.BpfFileSystem)'").BeginInvoke()
            while (-not $shell.Streams.Progress) { Start-Sleep -Milliseconds 50 }
            $shell.Stop()
        }
        finally {
            $shell.Dispose()
        }
        $time.Elapsed.TotalMinutes | Should -BeLessThan 2
    }
}
