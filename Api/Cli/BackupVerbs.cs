using System.Globalization;
using ChunkUpload.Core.Backups;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>
/// The verbs backup and restore. Exit code 0: done; 1: done, but files are missing; 2, as for every refused start: not done.
/// </summary>
internal static class BackupVerbs
{
    private const int Done = 0;
    private const int Found = 1;

    public static async Task<int> RunAsync(CommandLine command, IServiceProvider services, CancellationToken cancellationToken)
    {
        var backups = services.GetRequiredService<IBackups>();
        var folder = Path.GetFullPath(command.Folder!);
        try
        {
            if (command.Verb == "backup")
                return Tell(await backups.MakeAsync(folder, new ConsoleTicker(), cancellationToken));
            var report = await backups.RestoreAsync(folder, new ConsoleTicker(), cancellationToken);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Restored {Files(report.Files)} ({report.Bytes} bytes) and the ledger of {report.MadeAt:yyyy-MM-dd HH:mm:ss} UTC."));
            Console.WriteLine("Browsers are signed out. Keys and links are disabled: keys enable all, links enable all.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new StartRefusedException($"{command.Verb} was stopped before its end.");
        }
        catch (Exception reason) when (reason is not StartRefusedException)
        {
            throw new StartRefusedException(
                $"{command.Verb} could not go on: {reason.Message.TrimEnd('.')} ({reason.GetType().Name}).", reason);
        }

        return await FsckVerb.RunAsync(command, services, cancellationToken);
    }

    private static string Files(long count) => count == 1 ? "1 file" : $"{count} files";

    private static int Tell(BackupReport report)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Files(report.Files)} ({report.Bytes} bytes) and the ledger of {report.MadeAt:yyyy-MM-dd HH:mm:ss} UTC; "
                + $"{Files(report.Copied)} copied."));
        foreach (var file in report.Missing)
            Console.WriteLine($"Missing: {file}; fsck names its upload.");
        return report.Missing.Count == 0 ? Done : Found;
    }
}
