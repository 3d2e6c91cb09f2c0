using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>
/// The verb fsck. Writes the report to standard output and everything else to standard error. Exit code 0: clean; 1: findings; 2, as for
/// every refused start: fsck could not run.
/// </summary>
internal static class FsckVerb
{
    private const int Clean = 0;
    private const int Found = 1;

    public static async Task<int> RunAsync(CommandLine command, IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            var target = services.GetRequiredService<IFsckTarget>();
            await using var visit = await target.OpenAsync(cancellationToken);
            var shared = await target.OpenSharedAsync(cancellationToken);
            var report = await services.GetRequiredService<FsckRun>()
                .RunAsync(command.Switches.Contains("--deep"), command.Switches.Contains("--mend"), visit.ServiceRuns, new ConsoleTicker(),
                    cancellationToken);
            report = report with { SharedFault = shared ?? report.SharedFault };
            Console.WriteLine(
                command.Switches.Contains("--json") ? JsonSerializer.Serialize(report, FsckJson.Default.FsckReport) : Text(report));
            return report.Clean ? Clean : Found;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new StartRefusedException("fsck was stopped before its end.");
        }
        catch (Exception exception) when (exception is not StartRefusedException)
        {
            // Any failure must end with code 2, not with the code of findings.
            throw new StartRefusedException(
                $"fsck could not go on: {exception.Message.TrimEnd('.')} ({exception.GetType().Name}).", exception);
        }
    }

    /// <summary>Silences the log unless the operator sets a level: it also goes to standard output and would mix with the report.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Settings { get; } = [new("Log:Level", "None")];

    internal static string Text(FsckReport report)
    {
        var lines = new List<string>();
        foreach (var finding in report.Findings)
        {
            var whose = finding.Upload is null
                ? ""
                : $" upload {finding.Upload}{(finding.FileName is null ? "" : $" \"{finding.FileName}\"")}";
            lines.Add($"{finding.Code}:{whose}{(finding.File is null ? "" : $" file {finding.File}")}");
            lines.Add($"    {finding.Sentence}");
            lines.Add($"    What to do: {finding.Remedy}");
        }

        if (report.Total > report.Findings.Count)
            lines.Add($"... and {report.Total - report.Findings.Count} more.");
        var looked = string.Create(
            CultureInfo.InvariantCulture,
            $"Looked at {report.Uploads} uploads, {report.Entries} entries, {report.Extents} extents, {report.Prefixes} kept parts and "
                + $"{report.Files} files in {report.Seconds:0.0} s");
        lines.Add(report.Deep ? $"{looked}; read {report.BytesRead} bytes." : $"{looked}; --deep also reads every byte.");
        if (report.Unsettled > 0)
        {
            lines.Add(report.ServiceRuns
                ? $"{report.Unsettled} files without a row belong to the running service, which may be about to record them."
                : $"{report.Unsettled} files without a row were left by the last run of the service; its next start takes care of them.");
        }

        if (report.SharedFault is { } fault)
            lines.Add($"Files in the bucket were not checked: {fault}");
        if (report.Elsewhere > 0)
            lines.Add($"{report.Elsewhere} uploads lie in another store: check them with its data directory.");
        if (report.Mended > 0)
            lines.Add(report.Mended == 1
                ? "1 upload is whole again and was let out of quarantine."
                : $"{report.Mended} uploads are whole again and were let out of quarantine.");
        if (report.Recounted > 0)
            lines.Add($"The counters of {report.Recounted} {(report.Recounted == 1 ? "space" : "spaces")} were set right.");
        if (report.UsageRecounted > 0)
            lines.Add($"The usage was recounted for {report.UsageRecounted} tenants and users.");
        if (report.LinksRecounted > 0)
            lines.Add($"The counters of {report.LinksRecounted} {(report.LinksRecounted == 1 ? "link" : "links")} were set right.");
        lines.Add(report.Clean ? "Clean." : report.Total == 1 ? "1 finding." : $"{report.Total} findings.");
        // The lines contain file names.
        return string.Join(Environment.NewLine, lines.Select(PlainText.Of));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(FsckReport))]
internal sealed partial class FsckJson : JsonSerializerContext;
