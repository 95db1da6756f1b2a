BeforeAll {
    . "$PSScriptRoot/Common.ps1"

    function Get-Row {
        # What ConvertFrom-Json makes of a measurement.
        param([string] $Arm = 'Bypass', [int] $Size = 64, [double] $Ratio = 1.25, [string] $Machine = 'Linux 6.18, 2 x CPU')

        [pscustomobject]@{
            kind = 'Latency'; arm = $Arm; objectPath = $null; workload = $null; messageSize = $Size; connections = 1; cpu = '1'
            unit = 'us'; median = 10; p99 = 11; p999 = 12; maximum = 13; cpuSecondsPerGigabyte = 1; ratio = $Ratio
            ratioLow = $Ratio / 1.05; ratioHigh = $Ratio * 1.05; rounds = 10; isNoisy = $false; redirectedShare = 1; remark = ''
            time = [datetime]::UnixEpoch; machine = $Machine
        }
    }

    filter ConvertTo-Measurement {
        # The same as Measure-SockmapBypass emits it.
        $row = [Activator]::CreateInstance([Sockmap.Measuring.Measurement])
        foreach ($property in [Sockmap.Measuring.Measurement].GetProperties()) {
            $value = $_.($property.Name)
            if ($null -ne $value) {
                $property.SetValue($row, [Management.Automation.LanguagePrimitives]::ConvertTo($value, $property.PropertyType))
            }
        }
        $row
    }
}

Describe 'Export-SockmapMeasurement' {
    BeforeEach { $file = Join-Path $TestDrive "$([guid]::NewGuid()).svg" }

    It 'draws measurements that come as <_>' -ForEach 'objects', 'JSON', 'CLIXML' {
        $rows = (Get-Row -Arm Tcp -Ratio 1), (Get-Row), (Get-Row -Size 4096 -Ratio 2), (Get-Row -Arm Unix)
        switch ($_) {
            'objects' { $rows = $rows | ConvertTo-Measurement }
            'JSON' { $rows = ConvertTo-Json $rows | ConvertFrom-Json }
            'CLIXML' {
                $rows | ConvertTo-Measurement | Export-Clixml "$file.xml"
                $rows = Import-Clixml "$file.xml"
                $rows[0].PSObject.TypeNames[0] | Should -Be 'Deserialized.Sockmap.Measuring.Measurement'
            }
        }
        $rows | Export-SockmapMeasurement $file -PassThru | Should -BeOfType IO.FileInfo
        $plot = [xml](Get-Content -Raw $file)
        $series = $plot.SelectNodes("//*[starts-with(@class, 'series')]")
        $series.ForEach({ $_.title }) | Should -Be 'Latency, bypass', 'Latency, UNIX stream'
        $series[0].SelectNodes("*[@class = 'point']").Count | Should -Be 2
        $plot.svg.desc.'#text' | Should -BeLike 'On Linux 6.18, 2 x CPU.*Latency, bypass: 64 B 1.25 (1.19 to 1.31); 4 KiB 2.00 (1.90 to 2.10).*'
    }

    It 'replaces a file only with -Force' {
        'mine' > $file
        $failure = Get-Failure { Get-Row | Export-SockmapMeasurement $file }
        $failure.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        $failure.Exception.Message | Should -Be "'$file' is there already: -Force replaces it."
        Get-Content $file | Should -Be 'mine'
        Get-Row | Export-SockmapMeasurement $file -Force
        ([xml](Get-Content -Raw $file)).svg.class | Should -Be 'sockmap-plot'
    }

    It 'writes nothing with -WhatIf' {
        Get-Row | Export-SockmapMeasurement $file -WhatIf
        $file | Should -Not -Exist
    }

    It 'says so where <What>' -ForEach @(
        @{ What = 'nothing came'; Rows = { }; Id = 'InvalidSetting'; Like = 'There is no measurement to plot: *' }
        @{ What = 'only plain TCP came'; Rows = { Get-Row -Arm Tcp }; Id = 'InvalidSetting'; Like = 'Only plain TCP was measured*' }
        @{ What = 'two machines came'; Rows = { Get-Row; Get-Row -Machine other }; Id = 'InvalidSetting'; Like = "*several machines*'other'*" }
        @{ What = 'something else came'; Rows = { 'hello' }; Id = 'NotAMeasurement'; Like = '*it has no Kind.' }
        @{ What = 'a value cannot be'; Rows = { Get-Row -Arm Nonsense }; Id = 'NotAMeasurement'; Like = "*its Arm is 'Nonsense'." }
    ) {
        $failure = Get-Failure { & $Rows | Export-SockmapMeasurement $file }
        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $failure.Exception.Message | Should -BeLike $Like
        $file | Should -Not -Exist
    }
}
