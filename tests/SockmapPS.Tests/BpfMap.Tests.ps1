BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
    $noBpftool = -not (Get-Command bpftool -ErrorAction Ignore)
    $cmdlets = 'New-BpfMap', 'Get-BpfMapEntry', 'Set-BpfMapEntry', 'Remove-BpfMapEntry', 'Clear-BpfMap', 'Lock-BpfMap'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    $objects = "$Top/tests/Sockmap.Bpf.Tests/objects"

    function Import-TestMap {
        # Pins the maps of the tests' object, which have keys and values of every shape.
        param([string] $Folder)

        $object = [Sockmap.Bpf.Loading.BpfObject]::Load([Sockmap.Bpf.Loading.ObjectSpec]::ReadFile("$objects/values.bpf.o"), $null)
        try { foreach ($map in $object.Maps.GetEnumerator()) { $map.Value.Pin("$Folder/$($map.Key -replace '\.', '_')") } }
        finally { $object.Dispose() }
    }

    function Get-Dump {
        # What bpftool shows of a map. It gives each anonymous member no name; here they get different ones.
        param([string] $Path)

        $script:anonymous = 0
        [regex]::Replace("$(Invoke-Native bpftool '-j', 'map', 'dump', 'pinned', $Path)", '"(\(anon\))?":', { "`"(anonymous)$(($script:anonymous++))`":" }) |
            ConvertFrom-Json
    }

    function Compare-Value {
        # What differs between a value of bpftool and one of ours, as text; nothing where they are the same.
        param($Theirs, $Ours, [string] $Place)

        if ($Theirs -is [pscustomobject]) {
            foreach ($property in $Theirs.PSObject.Properties) {
                # bpftool shows an anonymous struct as one; for us, as for C, its members are the outer one's.
                $inner = $property.Name -like '(anonymous)*' ? $Ours : $Ours.($property.Name)
                # bpftool forgets the sign and the names of bit fields.
                if ($property.Name -eq 'below') { $inner = $inner -band 31 }
                if ($property.Name -eq 'packed') { $inner = (@{ IDLE = 0; BUSY = 5; GONE = -1 }["$inner"] ?? $inner) -band 15 }
                Compare-Value -Theirs $property.Value -Ours $inner -Place "$Place.$($property.Name)"
            }
        }
        elseif ($Theirs -is [array]) {
            if ($Theirs.Count -ne @($Ours).Count) { return "${Place}: $($Theirs.Count) elements, $(@($Ours).Count) of ours" }
            for ($i = 0; $i -lt $Theirs.Count; $i++) { Compare-Value -Theirs $Theirs[$i] -Ours @($Ours)[$i] -Place "$Place[$i]" }
        }
        else {
            if ("$Theirs" -match '^0x([0-9a-f]+)$') {
                $Theirs = [bigint]::Parse("0$($Matches[1])", 'AllowHexSpecifier')
                if ($Ours -lt 0) { $Ours = [bigint]::Pow(2, 128) + $Ours }
            }
            if ("$Theirs" -cne "$Ours") { "${Place}: '$Theirs' and '$Ours' of ours" }
        }
    }
}

Describe 'A map' -Skip:$notRoot {
    BeforeAll {
        $sandbox = Open-Sandbox
        $pins = $sandbox.BpfFileSystem
        Import-TestMap $pins
    }

    AfterAll {
        if (Test-Path variable:sandbox) { Close-Sandbox $sandbox }
    }

    Context 'that is made' {
        It 'is pinned and is what was asked for' {
            $map = New-BpfMap "$pins/made" Hash -KeySize 4 -ValueSize 8 -MaxEntries 10 -Flags NoPrealloc -Name 'made here'
            $map.Type, $map.Name, $map.BytesKey, $map.BytesValue, $map.MaxEntries, $map.Flags | Should -Be 'Hash', 'made_here', 4, 8, 10, 1
            $pinned = [Sockmap.Bpf.Maps.BpfMap]::OpenPinned("$pins/made", $true)
            try { $pinned.GetInfo().Id | Should -Be $map.Id } finally { $pinned.Dispose() }
        }

        It 'is emitted as Get-BpfMap emits it' {
            $made = 'one', 'two' | ForEach-Object { [pscustomobject]@{ PinPath = "$pins/as_$_"; Type = 'Hash'; KeySize = 4; ValueSize = 8; MaxEntries = 10 } } | New-BpfMap
            $made | Should -HaveCount 2
            foreach ($map in $made) {
                $seen = Get-BpfMap -Path $map.Pinned
                $map.GetType() | Should -Be $seen.GetType()
                $map | ConvertTo-Json | Should -Be ($seen | ConvertTo-Json)
            }
            ($made | Out-String -Width 120).Trim() | Should -Be ($made.Pinned | ForEach-Object { Get-BpfMap -Path $_ } | Out-String -Width 120).Trim()
        }

        It 'of type <type> can be made without sizes that there is no choice about' -ForEach @(
            @{ type = 'Array'; more = @{ ValueSize = 8; MaxEntries = 2 }; sizes = 4, 8 }
            @{ type = 'ProgArray'; more = @{ MaxEntries = 2 }; sizes = 4, 4 }
            @{ type = 'SockMap'; more = @{ MaxEntries = 2 }; sizes = 4, 8 }
            @{ type = 'SockHash'; more = @{ KeySize = 24; MaxEntries = 2 }; sizes = 24, 8 }
            @{ type = 'Queue'; more = @{ ValueSize = 4; MaxEntries = 2 }; sizes = 0, 4 }
            @{ type = 'RingBuf'; more = @{ MaxEntries = [Environment]::SystemPageSize }; sizes = 0, 0 }
            @{ type = 'LpmTrie'; more = @{ KeySize = 8; ValueSize = 4; MaxEntries = 2 }; sizes = 8, 4 }
            @{ type = 'SkStorage'; more = @{ ValueSize = 12 }; sizes = 4, 12 }
            @{ type = 'TaskStorage'; more = @{ ValueSize = 12 }; sizes = 4, 12 }
            @{ type = 'BloomFilter'; more = @{ ValueSize = 4; MaxEntries = 10; MapExtra = 3 }; sizes = 0, 4 }
            @{ type = 'Arena'; more = @{ MaxEntries = 1 }; sizes = 0, 0 }
        ) {
            $map = New-BpfMap "$pins/type_$type" $type @more
            $map.BytesKey, $map.BytesValue | Should -Be $sizes
        }

        It 'is refused with the rule that it breaks: <type> <more>' -ForEach @(
            @{ type = 'SockMap'; more = @{ KeySize = 8; MaxEntries = 1 }; rule = '*keys of 4 bytes, an index*8 were asked for*' }
            @{ type = 'SockMap'; more = @{ ValueSize = 2; MaxEntries = 1 }; rule = '*4 or 8 bytes; 2 were asked for. Use 8: a lookup*cookie*' }
            @{ type = 'SockHash'; more = @{ MaxEntries = 1 }; rule = '*1 to 512 bytes; 0 were asked for*' }
            @{ type = 'StructOps'; more = @{}; rule = '*.struct_ops*Import-BpfObject*' }
            @{ type = 'HashOfMaps'; more = @{ KeySize = 4; MaxEntries = 1 }; rule = '*Give -InnerMap*' }
            @{ type = 'RingBuf'; more = @{ MaxEntries = 5 }; rule = '*power of two*' }
        ) {
            $failure = Get-Failure { New-BpfMap "$pins/refused" $type @more }
            $failure.FullyQualifiedErrorId | Should -Be 'InvalidMapSetting,SockmapPS.Commands.Bpf.NewBpfMapCommand'
            $failure.ErrorDetails.Message | Should -BeLike $rule
            "$pins/refused" | Should -Not -Exist
        }

        It 'is not made where it could not be pinned' {
            (Get-Failure { New-BpfMap "$TestDrive/x" Hash -KeySize 4 -ValueSize 4 -MaxEntries 1 }).FullyQualifiedErrorId | Should -BeLike 'InvalidPinPath,*'
            (Get-Failure { New-BpfMap "$pins/a.b" Hash -KeySize 4 -ValueSize 4 -MaxEntries 1 }).FullyQualifiedErrorId | Should -BeLike 'InvalidPinPath,*'
            (Get-Failure { New-BpfMap "$pins/values" Hash -KeySize 4 -ValueSize 4 -MaxEntries 1 }).FullyQualifiedErrorId | Should -BeLike 'PinExists,*'
        }

        It 'takes after the inner map given as <how>' -ForEach @(
            @{ how = 'a path'; name = 'path'; give = { "$pins/inner_path" } }
            @{ how = 'an id'; name = 'id'; give = { param($map) $map.Id } }
            @{ how = 'an object'; name = 'object'; give = { param($map) [pscustomobject]@{ Id = $map.Id } } }
        ) {
            $inner = New-BpfMap "$pins/inner_$name" Array -ValueSize 8 -MaxEntries 1
            $null = New-BpfMap "$pins/outer_$name" ArrayOfMaps -MaxEntries 4 -InnerMap (& $give $inner)
            Set-BpfMapEntry "$pins/outer_$name" -Key 2 -Value $inner.Id
            $entry = Get-BpfMapEntry "$pins/outer_$name"
            $entry.Key, $entry.Value | Should -Be 2, $inner.Id
        }

        It 'takes after no inner map that is none' {
            (Get-Failure { New-BpfMap "$pins/none" ArrayOfMaps -MaxEntries 4 -InnerMap ([pscustomobject]@{ Name = 'x' }) }).FullyQualifiedErrorId |
                Should -BeLike 'InvalidMapSetting,*'
            (Get-Failure { New-BpfMap "$pins/none" ArrayOfMaps -MaxEntries 4 -InnerMap "$pins/nothing" }).FullyQualifiedErrorId |
                Should -BeLike 'MapNotFound,*'
        }
    }

    Context 'with types' {
        It 'takes members and gives them back' {
            Set-BpfMapEntry "$pins/values" -Key @{ Address = [ipaddress] '10.0.0.1'; Port = 6379 } -Value @{
                Number = -5; large = 1e3; flag = $true; word = '0x10'; widest = -1; state = 'BUSY'; wide = 5; name = 'redis'
                hash = [byte[]] (1..20); matrix = (1, 2, 3), (4, 5); low = 7; below = -3; packed = 'GONE'; octets = '0x7f 00 00 01'
                choice = @{ end = @{ port = 80 } }; deep = [pscustomobject]@{ point = @{ x = 1 } }; flags = $false, $true
            }
            $entry = Get-BpfMapEntry "$pins/values" -Key @{ port = 6379; address = 10, 0, 0, 1 }
            $entry.Key.port | Should -Be 6379
            $entry.Key.address | Should -Be (10, 0, 0, 1)
            $value = $entry.Value
            $value.number, $value.large, $value.flag, $value.word, $value.widest | Should -Be (-5, 1000, $true, 16, -1)
            $value.state, $value.wide, $value.name, $value.packed | Should -Be ('BUSY', 5, 'redis', 'GONE')
            $value.hash | Should -Be (1..20)
            $value.matrix[1] | Should -Be (4, 5, 0)
            $value.low, $value.below, $value.ip4, $value.choice.end.port, $value.deep.point.x | Should -Be (7, -3, 16777343, 80, 1)
            $value.flags | Should -Be ($false, $true)
        }

        It 'is changed by changing what was read' {
            Get-BpfMapEntry "$pins/values" | ForEach-Object { $_.Value.number = 77; $_ } | Set-BpfMapEntry
            $entry = Get-BpfMapEntry "$pins/values"
            $entry.Value.number, $entry.Value.name | Should -Be (77, 'redis')
        }

        It 'refuses what does not fit, and names it' {
            $failure = Get-Failure { Set-BpfMapEntry "$pins/values" -Key @{ Port = 70000 } -Value @{} }
            $failure.FullyQualifiedErrorId | Should -Be 'InvalidKey,SockmapPS.Commands.Bpf.SetBpfMapEntryCommand'
            "$failure" | Should -Be 'The key.port is of type unsigned short and takes 0 to 65535; 70000 was given.'
            $failure = Get-Failure { Set-BpfMapEntry "$pins/values" -Key @{ Port = 1 } -Value @{ State = 'LOST' } }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidValue,*'
            "$failure" | Should -BeLike "*value.state*IDLE, BUSY, GONE*'LOST' was given."
        }

        It 'has per-CPU values as a list' {
            $cpus = [Sockmap.Bpf.Maps.PossibleCpus]::Count()
            Set-BpfMapEntry "$pins/percpu" -Key BUSY -Value @{ port = 80 }
            Set-BpfMapEntry "$pins/percpu" -Key IDLE -Value @(1..$cpus | ForEach-Object { @{ port = $_ } })
            (Get-BpfMapEntry "$pins/percpu" -Key BUSY).Value.port | Should -Be (@(80) * $cpus)
            $entry = Get-BpfMapEntry "$pins/percpu" -Key IDLE
            $entry.Key | Should -Be 'IDLE'
            $entry.Value.port | Should -Be (1..$cpus)
            $entry.ValueBytes.Count | Should -Be (8 * $cpus)
        }

        It 'shows data sections as variables' {
            (Get-BpfMapEntry "$pins/values_data").Value.answer | Should -Be 42
            (Get-BpfMapEntry "$pins/values_data").Value.word | Should -Be 'hello'
        }

        It 'shows bytes with -Raw' {
            $entry = Get-BpfMapEntry "$pins/values" -Raw
            , $entry.Key | Should -BeOfType [byte[]]
            $entry.Key | Should -Be (10, 0, 0, 1, 0xeb, 0x18)
            $entry.Value.Count | Should -Be $entry.ValueBytes.Count
        }

        It 'is what bpftool shows' -Skip:$noBpftool {
            $random = [Random]::new(11)
            foreach ($name in 'values', 'trie', 'array', 'percpu') {
                $map = [Sockmap.Bpf.Maps.BpfMap]::OpenPinned("$pins/$name", $false)
                try {
                    $value = [byte[]]::new($map.LookupSize)
                    foreach ($i in 0..2) {
                        $random.NextBytes($value)
                        if ($name -eq 'values') {
                            # bpftool shows a bool of 2 as true, an enumeration of 64 bits without a name with a sign, and
                            # characters that cannot be printed too.
                            $value[16], $value[210], $value[211] = ($i % 2), 0, 1
                            [BitConverter]::GetBytes([long] ($i + 1)).CopyTo($value, 72)
                            [Text.Encoding]::ASCII.GetBytes("redis`0").CopyTo($value, 80)
                        }
                        $key = $name -in 'array', 'percpu' ? @($i, 0, 0, 0) : $name -eq 'trie' ? @(32, 0, 0, 0, 10, 0, 0, $i) : @(10, 0, 0, $i, 1, 2)
                        $map.Update([byte[]] $key, $value, 'Any')
                    }
                }
                finally { $map.Dispose() }
                $theirs = @(Get-Dump "$pins/$name")
                $ours = @(Get-BpfMapEntry "$pins/$name")
                $ours.Count | Should -Be $theirs.Count
                foreach ($their in $theirs) {
                    $bytes = "$($their.key)"
                    $our = @($ours | Where-Object { "$($_.KeyBytes.ForEach({ '0x{0:x2}' -f $_ }))" -eq $bytes })
                    $our | Should -HaveCount 1
                    Compare-Value -Theirs $their.formatted.key -Ours $our[0].Key -Place "$name key" | Should -BeNullOrEmpty
                    if ($name -eq 'percpu') {
                        foreach ($cpu in $their.formatted.values) {
                            Compare-Value -Theirs $cpu.value -Ours $our[0].Value[$cpu.cpu] -Place "$name CPU $($cpu.cpu)" | Should -BeNullOrEmpty
                        }
                    }
                    else {
                        Compare-Value -Theirs $their.formatted.value -Ours $our[0].Value -Place "$name value" | Should -BeNullOrEmpty
                        "$($our[0].ValueBytes.ForEach({ '0x{0:x2}' -f $_ }))" | Should -Be "$($their.value)"
                    }
                }
            }
        }
    }

    Context 'without types' {
        BeforeEach {
            $name = "plain$([guid]::NewGuid().ToString('N').Substring(0, 6))"
            $map = New-BpfMap "$pins/$name" Hash -KeySize 4 -ValueSize 8 -MaxEntries 3
        }

        It 'takes numbers, bytes and text of bytes' {
            Set-BpfMapEntry "$pins/$name" -Key 1 -Value 100
            Set-BpfMapEntry -Id $map.Id -Key ([byte[]] (127, 0, 0, 1)) -Value '0x01 02 03 04 05 06 07 08'
            Get-Item "$pins/$name" | Set-BpfMapEntry -Key '7f 00 00 02' -Value ([ulong]::MaxValue)
            (Get-BpfMapEntry -LiteralPath "$pins/$name" -Key 1).Value | Should -Be (100, 0, 0, 0, 0, 0, 0, 0)
            ($map | Get-BpfMapEntry -Key '0x7f 00 00 01').ValueBytes | Should -Be (1..8)
            (Get-BpfMapEntry "$pins/$name" -Key '7f:00:00:02').Value | Should -Be (@(255) * 8)
            @(Get-BpfMapEntry "$pins/$name").Count | Should -Be 3
        }

        It 'says when a key is there, is not there, or has no room' {
            Set-BpfMapEntry "$pins/$name" -Key 1 -Value 1
            (Get-Failure { Set-BpfMapEntry "$pins/$name" -Key 1 -Value 1 -NoExist }).FullyQualifiedErrorId | Should -BeLike 'KeyExists,*'
            (Get-Failure { Set-BpfMapEntry "$pins/$name" -Key 2 -Value 1 -Exist }).FullyQualifiedErrorId | Should -BeLike 'KeyNotFound,*'
            2..3 | ForEach-Object { Set-BpfMapEntry "$pins/$name" -Key $_ -Value 1 -NoExist }
            (Get-Failure { Set-BpfMapEntry "$pins/$name" -Key 4 -Value 1 }).FullyQualifiedErrorId | Should -BeLike 'MapFull,*'
            (Get-Failure { Get-BpfMapEntry "$pins/$name" -Key 4 }).FullyQualifiedErrorId | Should -BeLike 'KeyNotFound,*'
            (Get-Failure { Remove-BpfMapEntry "$pins/$name" -Key 4 }).FullyQualifiedErrorId | Should -BeLike 'KeyNotFound,*'
            (Get-Failure { Set-BpfMapEntry "$pins/$name" -Value 1 }).FullyQualifiedErrorId | Should -BeLike 'InvalidKey,*'
            (Get-Failure { Set-BpfMapEntry "$pins/$name" -Key 1 -Value 1 -Exist -NoExist }).FullyQualifiedErrorId | Should -BeLike 'InvalidKey,*'
        }

        It 'loses the entries that are piped to Remove-BpfMapEntry' {
            1..3 | ForEach-Object { Set-BpfMapEntry "$pins/$name" -Key $_ -Value $_ }
            Get-BpfMapEntry "$pins/$name" | Where-Object { $_.Key[0] -ne 2 } | Remove-BpfMapEntry
            (Get-BpfMapEntry "$pins/$name").Key[0] | Should -Be 2
        }

        It 'is copied by a pipeline into one that is named' {
            $null = New-BpfMap "$pins/copy$name" Hash -KeySize 4 -ValueSize 8 -MaxEntries 3
            1..3 | ForEach-Object { Set-BpfMapEntry "$pins/$name" -Key $_ -Value $_ }
            Get-BpfMapEntry "$pins/$name" | Set-BpfMapEntry "$pins/copy$name"
            @(Get-BpfMapEntry "$pins/copy$name").Count | Should -Be 3
        }

        It 'is emptied, and not by -WhatIf' {
            1..3 | ForEach-Object { Set-BpfMapEntry "$pins/$name" -Key $_ -Value $_ }
            Clear-BpfMap "$pins/$name" -WhatIf
            Get-BpfMapEntry "$pins/$name" | Remove-BpfMapEntry -WhatIf
            Set-BpfMapEntry "$pins/$name" -Key 1 -Value 9 -WhatIf
            Lock-BpfMap "$pins/$name" -WhatIf
            (Get-BpfMapEntry "$pins/$name" -Key 1).Value[0] | Should -Be 1
            $told = Clear-BpfMap "$pins/$name" -Verbose 4>&1
            "$told" | Should -BeLike '*entries deleted or set to zero: 3.*'
            Get-BpfMapEntry "$pins/$name" | Should -BeNullOrEmpty
        }

        It 'takes no more writes once it is locked' {
            Set-BpfMapEntry "$pins/$name" -Key 1 -Value 1
            $map | Lock-BpfMap -Confirm:$false
            foreach ($change in { Set-BpfMapEntry "$pins/$name" -Key 1 -Value 2 }, { Remove-BpfMapEntry "$pins/$name" -Key 1 }, { Clear-BpfMap "$pins/$name" }) {
                (Get-Failure $change).FullyQualifiedErrorId | Should -BeLike 'MapFrozen,*'
            }
            (Get-BpfMapEntry "$pins/$name" -Key 1).Value[0] | Should -Be 1
            Lock-BpfMap "$pins/$name" -Confirm:$false -ErrorAction Stop
        }
    }

    Context 'of something else' {
        It 'of sockets shows cookies' {
            $null = New-BpfMap "$pins/sm" SockMap -MaxEntries 8
            $null = New-BpfMap "$pins/sh" SockHash -KeySize 4 -ValueSize 4 -MaxEntries 8
            $listener = [Net.Sockets.TcpListener]::new('127.0.0.1', 0)
            $listener.Start()
            $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $listener.LocalEndpoint.Port)
            try {
                Set-BpfMapEntry "$pins/sm" -Key 5 -Value $client
                $cookie = [byte[]]::new(8)
                $null = $client.Client.GetRawSocketOption(1, 57, $cookie)
                $entry = Get-BpfMapEntry "$pins/sm"
                $entry.Key, $entry.Cookie, $entry.Value | Should -Be (5, [BitConverter]::ToUInt64($cookie), [BitConverter]::ToUInt64($cookie))
                (Get-Failure { Set-BpfMapEntry "$pins/sm" -Key 5 -Value $entry.Cookie }).FullyQualifiedErrorId | Should -BeLike 'InvalidValue,*'
                $entry | Remove-BpfMapEntry
                Get-BpfMapEntry "$pins/sm" | Should -BeNullOrEmpty

                Set-BpfMapEntry "$pins/sh" -Key 5 -Value $client.Client
                $entry = Get-BpfMapEntry "$pins/sh" -WarningVariable told -WarningAction SilentlyContinue
                $entry.KeyBytes | Should -Be (5, 0, 0, 0)
                $entry.Cookie | Should -BeNullOrEmpty
                "$told" | Should -BeLike '*values of 4 bytes*-ValueSize 8*'
                (Get-Failure { Get-BpfMapEntry "$pins/sh" -Key 5 }).FullyQualifiedErrorId | Should -BeLike 'ValuesNotReadable,*'
            }
            finally {
                $client.Dispose()
                $listener.Dispose()
            }
        }

        It 'in sockets takes a socket for its key' {
            $null = New-BpfMap "$pins/storage" SkStorage -ValueSize 4
            $socket = [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
            try {
                Set-BpfMapEntry "$pins/storage" -Key $socket -Value '01 02 03 04'
                (Get-BpfMapEntry "$pins/storage" -Key $socket).Value | Should -Be (1..4)
                $failure = Get-Failure { Get-BpfMapEntry "$pins/storage" }
                $failure.FullyQualifiedErrorId | Should -BeLike 'NotSupportedByMap,*'
                "$failure" | Should -BeLike '*look one up with -Key and a socket*'
            }
            finally { $socket.Dispose() }
        }

        It 'of programs takes ids and pins' {
            $null = New-BpfMap "$pins/tails" ProgArray -MaxEntries 4
            $object = [Sockmap.Bpf.Loading.BpfObject]::Load([Sockmap.Bpf.Loading.ObjectSpec]::ReadFile("$objects/values.bpf.o"), $null)
            try {
                $program = $object.Programs['program']
                $program.Pin("$pins/program")
                Set-BpfMapEntry "$pins/tails" -Key 1 -Value $program.GetInfo().Id
                Set-BpfMapEntry "$pins/tails" -Key 2 -Value "$pins/program"
                $entries = @(Get-BpfMapEntry "$pins/tails")
                $entries.Key | Should -Be (1, 2)
                $entries.Value | Should -Be (@($program.GetInfo().Id) * 2)
                (Get-Failure { Set-BpfMapEntry "$pins/tails" -Key 3 -Value "$pins/nothing" }).FullyQualifiedErrorId | Should -BeLike 'ReferenceNotFound,*'
                (Get-Failure { Set-BpfMapEntry "$pins/tails" -Key 3 -Value "$pins/values" }).FullyQualifiedErrorId | Should -BeLike 'InvalidValue,*'
                (Get-Failure { Get-BpfMapEntry "$pins/program" }).FullyQualifiedErrorId | Should -BeLike 'NotAMap,*'
                Clear-BpfMap "$pins/tails"
                Get-BpfMapEntry "$pins/tails" | Should -BeNullOrEmpty
            }
            finally { $object.Dispose() }
        }

        It 'with a queue is pushed, shown and emptied' {
            $null = New-BpfMap "$pins/queue" Queue -ValueSize 4 -MaxEntries 4
            1..3 | ForEach-Object { Set-BpfMapEntry "$pins/queue" -Value $_ }
            $entry = Get-BpfMapEntry "$pins/queue"
            $entry.Key | Should -BeNullOrEmpty
            $entry.Value[0] | Should -Be 1
            Clear-BpfMap "$pins/queue"
            Get-BpfMapEntry "$pins/queue" | Should -BeNullOrEmpty
        }

        It 'with an array is set to zero, and not deleted' {
            $null = New-BpfMap "$pins/zeros" Array -ValueSize 4 -MaxEntries 2
            Set-BpfMapEntry "$pins/zeros" -Key 1 -Value 5
            (Get-Failure { Remove-BpfMapEntry "$pins/zeros" -Key 1 }).FullyQualifiedErrorId | Should -BeLike 'NotSupportedByMap,*'
            (Get-Failure { Set-BpfMapEntry "$pins/zeros" -Key 9 -Value 5 }).FullyQualifiedErrorId | Should -BeLike 'MapFull,*'
            Clear-BpfMap "$pins/zeros"
            (Get-BpfMapEntry "$pins/zeros").Value | Should -Be (@(0) * 8)
        }

        It 'that cannot be emptied says why' {
            $null = New-BpfMap "$pins/ring" RingBuf -MaxEntries ([Environment]::SystemPageSize)
            $failure = Get-Failure { Clear-BpfMap "$pins/ring" }
            $failure.FullyQualifiedErrorId | Should -BeLike 'NotSupportedByMap,*'
            "$failure" | Should -BeLike '*records go when its reader reads them*'
        }
    }

    It 'is found by a pattern, which passes over what is no map' {
        $null = [IO.Directory]::CreateDirectory("$pins/pattern")
        $null = New-BpfMap "$pins/pattern/one" Array -ValueSize 4 -MaxEntries 1
        $null = New-BpfMap "$pins/pattern/two" Array -ValueSize 4 -MaxEntries 1
        $null = [IO.Directory]::CreateDirectory("$pins/pattern/folder")
        (Get-BpfMapEntry "$pins/pattern/*" -ErrorAction Stop).MapName | Should -Be ('one', 'two')
        Push-Location $pins
        try { (Get-BpfMapEntry pattern/one).MapName | Should -Be 'one' } finally { Pop-Location }
    }

    It 'that is not there is an error, and the next one is worked on' {
        $errors = $null
        $entries = Get-BpfMapEntry "$pins/nothing", "$pins/values_data" -ErrorVariable errors -ErrorAction SilentlyContinue
        $entries.MapName | Should -Be 'values.data'
        $errors.FullyQualifiedErrorId | Should -Be 'MapNotFound,SockmapPS.Commands.Bpf.GetBpfMapEntryCommand'
        (Get-Failure { Clear-BpfMap -Id 4294967295 }).FullyQualifiedErrorId | Should -BeLike 'MapNotFound,*'
    }

    It 'is offered by the Tab key with what it is' {
        $map = New-BpfMap "$pins/tab" Hash -KeySize 4 -ValueSize 8 -MaxEntries 3
        $offer = Get-Completion "Get-BpfMapEntry -Id $($map.Id)" | Where-Object CompletionText -EQ "$($map.Id)"
        $offer.ToolTip | Should -Be "Hash map 'tab', key 4 bytes, value 8 bytes, 3 entries"
    }

    It 'has a view that fits, also for entries that came over remoting' {
        $entry = Get-BpfMapEntry "$pins/values" | Select-Object -First 1
        $text = $entry | Out-String -Width 80
        $text | Should -Match "(?m)^ +Map: Hash 'values' \(id \d+\)"
        $text | Should -Match '(?m)^address=[0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} port=\d+ +tiny='
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($entry, 5))
        $copy | Out-String -Width 80 | Should -Be $text
        $list = $entry | Format-List | Out-String -Width 120
        foreach ($property in $entry.PSObject.Properties.Name) { $list | Should -Match "(?m)^$property +:" }
    }
}

Describe 'The help of maps' -Skip:$notRoot {
    BeforeAll {
        $sandbox = Open-Sandbox
    }

    AfterAll {
        if (Test-Path variable:sandbox) { Close-Sandbox $sandbox }
    }

    It 'has examples that run' {
        $script = @"
            `$objects = '$objects'
            `$commands = '$("New-BpfMap Get-BpfMapEntry Set-BpfMapEntry Remove-BpfMapEntry Clear-BpfMap Lock-BpfMap")' -split ' '
"@ + @'

            Import-Module SockmapPS
            $null = Get-Command New-BpfMap
            $object = [Sockmap.Bpf.Loading.BpfObject]::Load([Sockmap.Bpf.Loading.ObjectSpec]::ReadFile("$objects/values.bpf.o"), $null)
            foreach ($command in $commands) {
                foreach ($example in (Get-Help $command -Full).examples.example) {
                    Get-ChildItem /sys/fs/bpf -File | Where-Object Name -NotLike *.debug | Remove-Item
                    if ($command -ne 'New-BpfMap') {
                        $null = New-BpfMap /sys/fs/bpf/counters Hash -KeySize 4 -ValueSize 8 -MaxEntries 10
                        $null = New-BpfMap /sys/fs/bpf/sockmap SockMap -MaxEntries 10
                        Set-BpfMapEntry /sys/fs/bpf/counters -Key 1 -Value 7
                        $object.Maps['values'].Pin('/sys/fs/bpf/endpoints')
                        Set-BpfMapEntry /sys/fs/bpf/endpoints -Key @{ Address = '0x0a000001'; Port = 6379 } -Value @{ Number = 6; Name = 'redis' }
                    }
                    $code = $example.code -replace '(?m)^PS> '
                    try { $null = Invoke-Expression $code *>&1; "ran: $($code -replace "`n", '; ')" }
                    catch { "failed: $code`n$_" }
                }
            }
'@
        $output = Invoke-Isolated $sandbox $script
        $output | Should -Not -Match '(?m)^failed: '
        $count = ('New-BpfMap', 'Get-BpfMapEntry', 'Set-BpfMapEntry', 'Remove-BpfMapEntry', 'Clear-BpfMap', 'Lock-BpfMap').ForEach({ (Get-Help $_ -Full).examples.example }).Count
        [regex]::Matches($output, '(?m)^ran: ').Count | Should -Be $count
    }
}
