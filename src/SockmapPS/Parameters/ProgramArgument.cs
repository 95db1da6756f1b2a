using System.Globalization;
using System.Management.Automation;
using Sockmap.Bpf.Inspection;
using SockmapPS.Output;

namespace SockmapPS.Parameters;

/// <summary>A program that came through the pipeline.</summary>
internal static class ProgramArgument
{
    /// <summary>
    /// The id of a program: of one itself, of what refers to one by ProgId or ProgramId, or of an object that has nothing
    /// but an Id to say. All objects here have an Id, and that of a map is not taken for a program's.
    /// </summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static uint IdOf(object? input)
    {
        object? plain = input is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : input;
        return plain switch
        {
            ProgramRecord program => program.Id,
            AttachmentRecord attachment => attachment.ProgId,
            LinkRecord link => link.ProgId,
            ImportedBpfObject { Kind: "Program" } made => made.Id,
            PinRecord { Kind: ObjectKind.Program } pin => pin.Id,
            PSObject custom when IdOf(custom) is { } id => id,
            not PSObject and IConvertible when LanguagePrimitives.TryConvertTo(plain, out uint id) => id,
            _ => throw new ArgumentException($"{Describe(plain)} is no program: pipe what Get-BpfProgram or Import-BpfObject emits, or name one with -ProgramId or -ProgramPath.", nameof(input)),
        };
    }

    /// <summary>What a script made, or what came from another session.</summary>
    private static uint? IdOf(PSObject custom)
    {
        bool isOther = custom.Properties["MapId"] is not null
            || custom.Properties["LinkId"] is not null
            || custom.Properties["BtfId"] is not null
            || (custom.Properties["Kind"]?.Value?.ToString() ?? "Program") != "Program";
        object? id = custom.Properties["ProgramId"]?.Value ?? custom.Properties["ProgId"]?.Value ?? (isOther ? null : custom.Properties["Id"]?.Value);
        return id is not null && LanguagePrimitives.TryConvertTo(id, out uint number) ? number : null;
    }

    private static string Describe(object? input) => input switch
    {
        MapRecord map => string.Create(CultureInfo.InvariantCulture, $"Map {map.Id} '{map.Name}'"),
        BtfRecord btf => string.Create(CultureInfo.InvariantCulture, $"BTF object {btf.Id}"),
        PinRecord pin => $"What is pinned at '{pin.Path}', a {pin.Kind.ToString().ToLowerInvariant()},",
        ImportedBpfObject made => string.Create(CultureInfo.InvariantCulture, $"{made.Kind} {made.Id} '{made.Name}'"),
        null => "Nothing",
        _ => $"'{input}'",
    };
}
