<#
.SYNOPSIS
    Makes the help file that Get-Help reads from the pages in docs/.
.DESCRIPTION
    Reads docs/<Verb>-<Noun>.md (the shape that PlatyPS gives a page) and writes MAML. The result is committed, and a
    test compares the two.
#>
[CmdletBinding()]
param(
    [string] $Source = (Join-Path $PSScriptRoot '../docs'),
    [string] $Destination = (Join-Path $PSScriptRoot 'en-US/SockmapPS.dll-Help.xml')
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

$maml = 'http://schemas.microsoft.com/maml/2004/10'
$command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
$dev = 'http://schemas.microsoft.com/maml/dev/2004/10'

function Get-Section {
    # The text below each heading of one level, by the heading's words, in the page's order.
    param([string] $Text, [int] $Level)

    $sections = [ordered]@{}
    $title = $null
    $inCode = $false
    foreach ($line in $Text -split "`n") {
        if ($line.StartsWith('```')) { $inCode = -not $inCode }
        if (-not $inCode -and $line -match "^#{$Level} (.+)$") {
            $title = $Matches[1].Trim()
            $sections[$title] = [Text.StringBuilder]::new()
        }
        elseif ($null -ne $title) {
            $null = $sections[$title].Append($line).Append("`n")
        }
    }
    foreach ($key in @($sections.Keys)) { $sections[$key] = $sections[$key].ToString().Trim() }
    $sections
}

function Get-Paragraph {
    # Paragraphs, each on one line: Get-Help folds them to the width of the window.
    param([string] $Text)

    foreach ($paragraph in $Text -split "`n\s*`n") {
        $line = ($paragraph -replace '\s*\n\s*', ' ').Trim()
        if ($line) { $line }
    }
}

function Write-Paragraph {
    param([Xml.XmlWriter] $Writer, [string] $Element, [string] $Namespace, [string] $Text)

    $Writer.WriteStartElement($Element, $Namespace)
    foreach ($paragraph in Get-Paragraph $Text) { $Writer.WriteElementString('para', $maml, $paragraph) }
    $Writer.WriteEndElement()
}

function ConvertTo-Parameter {
    param([string] $Heading, [string] $Text)

    if ($Text -notmatch '(?s)^(?<words>.*?)```yaml\n(?<yaml>.*?)```') { throw "No yaml block below '$Heading'." }
    $parameter = @{ Name = $Heading.TrimStart('-'); Description = $Matches.words }
    foreach ($line in $Matches.yaml.Trim() -split "`n") {
        if ($line -match '^(?<key>[^:]+):\s*(?<value>.*)$') { $parameter[$Matches.key] = $Matches.value.Trim() }
    }
    $parameter
}

function Write-Parameter {
    param([Xml.XmlWriter] $Writer, [hashtable] $Parameter, [switch] $InSyntax)

    $aliases = $Parameter['Aliases'] ? $Parameter['Aliases'] : 'none'
    $Writer.WriteStartElement('parameter', $command)
    $Writer.WriteAttributeString('required', $Parameter['Required'].ToLowerInvariant())
    $Writer.WriteAttributeString('variableLength', "$($Parameter['Type'].EndsWith('[]'))".ToLowerInvariant())
    $Writer.WriteAttributeString('globbing', $Parameter['Accept wildcard characters'].ToLowerInvariant())
    $Writer.WriteAttributeString('pipelineInput', $Parameter['Accept pipeline input'])
    $Writer.WriteAttributeString('position', $Parameter['Position'].ToLowerInvariant())
    $Writer.WriteAttributeString('aliases', $aliases)
    $Writer.WriteElementString('name', $maml, $Parameter['Name'])
    Write-Paragraph $Writer 'description' -Namespace $maml -Text $Parameter['Description']
    if (-not ($InSyntax -and $Parameter['Type'] -eq 'SwitchParameter')) {
        $Writer.WriteStartElement('parameterValue', $command)
        $Writer.WriteAttributeString('required', "$($Parameter['Type'] -ne 'SwitchParameter')".ToLowerInvariant())
        $Writer.WriteAttributeString('variableLength', "$($Parameter['Type'].EndsWith('[]'))".ToLowerInvariant())
        $Writer.WriteString($Parameter['Type'])
        $Writer.WriteEndElement()
    }
    $Writer.WriteStartElement('type', $dev)
    $Writer.WriteElementString('name', $maml, $Parameter['Type'])
    $Writer.WriteElementString('uri', $maml, '')
    $Writer.WriteEndElement()
    $Writer.WriteElementString('defaultValue', $dev, $Parameter['Default value'])
    $Writer.WriteEndElement()
}

function Write-TypeList {
    param([Xml.XmlWriter] $Writer, [string] $Element, [string] $Item, [string] $Text)

    $types = Get-Section $Text 3
    $Writer.WriteStartElement($Element, $command)
    foreach ($type in $types.Keys) {
        $Writer.WriteStartElement($Item, $command)
        $Writer.WriteStartElement('type', $dev)
        $Writer.WriteElementString('name', $maml, $type)
        $Writer.WriteEndElement()
        Write-Paragraph $Writer 'description' -Namespace $maml -Text $types[$type]
        $Writer.WriteEndElement()
    }
    $Writer.WriteEndElement()
}

function Write-Command {
    param([Xml.XmlWriter] $Writer, [string] $Page)

    $name = @((Get-Section $Page 1).Keys)[0]
    $section = Get-Section $Page 2
    foreach ($title in 'SYNOPSIS', 'SYNTAX', 'DESCRIPTION', 'EXAMPLES', 'PARAMETERS', 'INPUTS', 'OUTPUTS', 'NOTES', 'RELATED LINKS') {
        if (-not $section.Contains($title)) { throw "The page of $name has no section '$title'." }
    }
    $texts = Get-Section $section['PARAMETERS'] 3
    $parameters = foreach ($heading in $texts.Keys) {
        if ($heading.StartsWith('-')) { ConvertTo-Parameter $heading $texts[$heading] }
    }

    $Writer.WriteStartElement('command', 'command', $command)
    $Writer.WriteAttributeString('xmlns', 'maml', $null, $maml)
    $Writer.WriteAttributeString('xmlns', 'dev', $null, $dev)

    $Writer.WriteStartElement('details', $command)
    $Writer.WriteElementString('name', $command, $name)
    $Writer.WriteElementString('verb', $command, ($name -split '-')[0])
    $Writer.WriteElementString('noun', $command, ($name -split '-')[1])
    Write-Paragraph $Writer 'description' -Namespace $maml -Text $section['SYNOPSIS']
    $Writer.WriteEndElement()

    Write-Paragraph $Writer 'description' -Namespace $maml -Text $section['DESCRIPTION']

    $Writer.WriteStartElement('syntax', $command)
    $Writer.WriteStartElement('syntaxItem', $command)
    $Writer.WriteElementString('name', $maml, $name)
    # Positional ones first, as Get-Command -Syntax shows them.
    foreach ($parameter in $parameters | Sort-Object -Stable { $_['Position'] -eq 'Named' }) {
        Write-Parameter $Writer $parameter -InSyntax
    }
    $Writer.WriteEndElement()
    $Writer.WriteEndElement()

    $Writer.WriteStartElement('parameters', $command)
    foreach ($parameter in $parameters) { Write-Parameter $Writer $parameter }
    $Writer.WriteEndElement()

    Write-TypeList $Writer 'inputTypes' -Item 'inputType' -Text $section['INPUTS']
    Write-TypeList $Writer 'returnValues' -Item 'returnValue' -Text $section['OUTPUTS']

    $Writer.WriteStartElement('alertSet', $maml)
    Write-Paragraph $Writer 'alert' -Namespace $maml -Text $section['NOTES']
    $Writer.WriteEndElement()

    $Writer.WriteStartElement('examples', $command)
    $examples = Get-Section $section['EXAMPLES'] 3
    foreach ($title in $examples.Keys) {
        if ($examples[$title] -notmatch '(?s)^```powershell\n(?<code>.*?)\n```(?<words>.*)$') {
            throw "Example '$title' of $name does not begin with a powershell block."
        }
        $code, $words = $Matches.code, $Matches.words
        $Writer.WriteStartElement('example', $command)
        $Writer.WriteElementString('title', $maml, "-------- $title --------")
        $Writer.WriteElementString('code', $dev, $code)
        Write-Paragraph $Writer 'remarks' -Namespace $dev -Text $words
        $Writer.WriteEndElement()
    }
    $Writer.WriteEndElement()

    $Writer.WriteStartElement('relatedLinks', $command)
    foreach ($link in [regex]::Matches($section['RELATED LINKS'], '\[(?<text>[^\]]+)\]')) {
        $Writer.WriteStartElement('navigationLink', $maml)
        $Writer.WriteElementString('linkText', $maml, $link.Groups['text'].Value)
        $Writer.WriteElementString('uri', $maml, '')
        $Writer.WriteEndElement()
    }
    $Writer.WriteEndElement()
    $Writer.WriteEndElement()
}

$settings = [Xml.XmlWriterSettings]@{ Indent = $true; NewLineChars = "`n"; Encoding = [Text.UTF8Encoding]::new($false) }
$path = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Destination)
$writer = [Xml.XmlWriter]::Create($path, $settings)
try {
    $writer.WriteStartDocument()
    $writer.WriteStartElement('helpItems', 'http://msh')
    $writer.WriteAttributeString('schema', 'maml')
    foreach ($file in Get-ChildItem (Join-Path $Source '*-*.md') | Sort-Object Name) {
        Write-Command $writer ((Get-Content -Raw $file) -replace "`r`n", "`n")
    }
    $writer.WriteEndElement()
    $writer.WriteEndDocument()
}
finally {
    $writer.Dispose()
}
[IO.File]::AppendAllText($path, "`n")
