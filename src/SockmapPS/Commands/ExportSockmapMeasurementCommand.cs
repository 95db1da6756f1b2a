using System.Management.Automation;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Sockmap.Measuring;
using Sockmap.Measuring.Plot;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Export-SockmapMeasurement: measurements as a picture.</summary>
[Cmdlet(VerbsData.Export, "SockmapMeasurement", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportSockmapMeasurementCommand : SockmapCommand
{
    private readonly List<Measurement> _measurements = [];

    /// <summary>The file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>The measurements.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public PSObject[] InputObject { get; set; } = [];

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        foreach (PSObject value in InputObject)
        {
            try
            {
                _measurements.Add(MeasurementArgument.Read(value));
            }
            catch (PSInvalidCastException e)
            {
                // A picture without it would not be what was asked for.
                ThrowTerminatingError(new ErrorRecord(e, "NotAMeasurement", ErrorCategory.InvalidData, value));
            }
        }
    }

    /// <inheritdoc />
    protected override void EndProcessing()
    {
        string path = ResolveFolder(Path);
        XDocument? plot = null;
        if (TryRun(() => plot = MeasurementPlot.Draw(_measurements), _ => path) && ShouldProcess(path, "Write a plot of measurements"))
        {
            Write(plot!, path);
            if (PassThru)
            {
                WriteObject(new FileInfo(path));
            }
        }
    }

    private void Write(XDocument plot, string path)
    {
        try
        {
            using FileStream file = new(path, Force ? FileMode.Create : FileMode.CreateNew, FileAccess.Write);
            using XmlWriter writer = XmlWriter.Create(
                file, new XmlWriterSettings { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), Indent = true, NewLineChars = "\n" });
            plot.Save(writer);
        }
        catch (IOException e) when (!Force && File.Exists(path))
        {
            ThrowTerminatingError(new ErrorRecord(new IOException($"'{path}' is there already: -Force replaces it.", e), "FileExists", ErrorCategory.ResourceExists, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(new ErrorRecord(e, "FileNotWritable", ErrorCategory.WriteError, path));
        }
    }
}
