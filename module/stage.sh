#!/usr/bin/env bash
# Lays the module out so that PowerShell can import it: out/SockmapPS/SockmapPS.psd1. Needs the .NET SDK only.
#   module/stage.sh [folder]     the folder to put SockmapPS/ in; out/ where none is given
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
parent=${1:-$top/out}
mkdir -p "$parent"
staging=$(mktemp -d "$parent/.SockmapPS.XXXXXX")
trap 'rm -rf "$staging"' EXIT
chmod 0755 "$staging"

dotnet publish "$top/src/SockmapPS" --configuration Release --output "$staging/bin/net10.0" --nologo --verbosity quiet >&2
# Nobody reads the XML docs of a module; PowerShell's own assembly must not lie beside it.
rm -f "$staging"/bin/net10.0/*.xml
if [ -e "$staging/bin/net10.0/System.Management.Automation.dll" ]; then
	echo "System.Management.Automation.dll was published with the module; check src/SockmapPS/SockmapPS.csproj." >&2
	exit 1
fi

cp "$top/SockmapPS.psd1" "$top"/module/*.Format.ps1xml "$top/LICENSE" "$staging/"
cp -r "$top/module/en-US" "$staging/"
rm -rf "$parent/SockmapPS"
mv "$staging" "$parent/SockmapPS"
echo "$parent/SockmapPS/SockmapPS.psd1"
