using System.CommandLine;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Cli.Sync;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>cu sync: makes a folder hold what another one holds, one of them here and one at the service. The source decides.</summary>
internal static class SyncVerb
{
    private const char There = ':';

    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "The source folder; with a colon in front, at the service." };
        var target = new Argument<string>("DESTINATION") { Description = "The destination folder; one of both begins with a colon." };
        var command = new Command("sync", "Make a folder equal to another one, one of them local and one at the service")
        {
            source, target,
        };
        var folders = new FolderRun();
        folders.AddTo(command);
        var encryption = new EncryptionFlags();
        encryption.AddToSync(command);
        var limit = LimitOption.Create();
        command.Add(limit);
        var both = new TwoWay(folders, limit);
        both.AddTo(command);
        command.SetAction((parse, stop) => Output.RunAsync(parse, output =>
        {
            var (from, to) = (parse.GetValue(source)!, parse.GetValue(target)!);
            if (from.StartsWith(There) == to.StartsWith(There))
            {
                throw new UsageException(
                    $"One folder is local and the other one at the service, marked by a colon: cu sync photos {There}2026/photos");
            }

            if (both.IsAsked(parse))
            {
                return encryption.ReadFor(parse, true, new FolderOptions()) is { Encryption: null, Identities.Count: 0 }
                    ? both.RunAsync(output, parse, from, to, stop)
                    : throw new UsageException("Encrypted folders cannot be kept in sync in both directions.");
            }

            output.Stopped = "Stopped. The same command resumes where it ended.";
            var options = encryption.ReadFor(parse, to.StartsWith(There), folders.Read(parse)) with { Overwrite = true };
            return SyncAsync(output, Target.Of(parse), from, to, options, parse.GetValue(limit), stop);
        }));
        return command;
    }

    private static async Task<int> SyncAsync(
        Output output, Target place, string from, string to, FolderOptions options, string? limit, CancellationToken stop)
    {
        var (isUp, name) = (to.StartsWith(There), from.TrimEnd('/') is { Length: > 0 } some ? some : from);
        var (limits, clock) = LimitOption.Foreground(limit);
        using var until = clock;
        using var client = place.Client(limits);
        return await Bars.ShowAsync(output, bars => FolderRun.RunAsync(
            output, bars, name, to, isUp ? "sent" : "fetched", options,
            progress => isUp
                ? client.UploadFolderAsync(from, to[1..].Trim('/'), options, progress, stop)
                : client.DownloadFolderAsync(from[1..].Trim('/'), to, options, progress, stop)));
    }
}
