#!/usr/bin/env pwsh
<#
.SYNOPSIS
    The project's tasks, for people who have PowerShell. Each calls what one can call without it.
.DESCRIPTION
    Build   dotnet build: every project, warnings are errors
    Test    tests/run: the .NET tests and the Pester suite, on the real kernel; needs root
    Bpf     bpf/build.sh: compiles the kernel programs again; needs the pinned clang
    Help    module/ConvertTo-Maml.ps1: makes the help file from docs/
    Module  module/stage.sh: lays the module out in out/SockmapPS
    Clean   deletes bin, obj and out
.EXAMPLE
    PS> ./build.ps1
    PS> Import-Module ./out/SockmapPS/SockmapPS.psd1

    Builds everything and imports the module.
.EXAMPLE
    PS> ./build.ps1 -Task Bpf, Build, Test

    From another shell: pwsh build.ps1 Bpf Build Test
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0, ValueFromRemainingArguments)]
    [ValidateSet('Build', 'Test', 'Bpf', 'Help', 'Module', 'Clean')]
    [string[]] $Task = @('Build', 'Module')
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

$steps = @{
    Build  = { dotnet build "$PSScriptRoot/SockmapPS.slnx" --configuration Release --nologo }
    Test   = { & "$PSScriptRoot/tests/run" }
    Bpf    = { & "$PSScriptRoot/bpf/build.sh" }
    Help   = { & "$PSScriptRoot/module/ConvertTo-Maml.ps1" }
    Module = { & "$PSScriptRoot/module/stage.sh" }
    Clean  = {
        Get-Item "$PSScriptRoot/*/*/bin", "$PSScriptRoot/*/*/obj" | Remove-Item -Recurse -Force
        Remove-Item "$PSScriptRoot/out" -Recurse -Force -ErrorAction Ignore
    }
}

foreach ($name in $Task) {
    Write-Verbose "Task $name"
    & $steps[$name]
}
