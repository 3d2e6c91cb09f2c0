using System.CommandLine;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Watching;

/// <summary>cu watch: sends new and changed files of a folder, as soon as they do not change any more.</summary>
internal static class WatchVerb
{
    private static readonly TimeSpan DefaultRest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DefaultEvery = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var folder = new Argument<string?>("FOLDER") { Description = "The local folder.", Arity = ArgumentArity.ZeroOrOne };
        var to = new Option<string?>("--to")
        {
            Description = "The folder there; with a slash at its end, the folder that it goes into. As for cu up.",
        };
        var rest = new Option<string?>("--rest") { Description = "How long a file has not changed before it is sent; 2s if left out." };
        var every = new Option<string?>("--every")
        {
            Description = "How often all of the folder is looked at, because the system may lose news of changes; 10m if left out.",
        };
        var remote = new Option<bool>("--remote")
        {
            Description = "Send nothing, but show uploads at the service as they start and end.",
        };
        var scope = new Option<EventScope>("--scope")
        {
            Description = "With --remote: of whom. own; tenant, for its admins; all, for operators.",
        };
        var command = new Command("watch", "Send what appears or changes in a folder, until it is stopped")
        {
            folder, to, rest, every, remote, scope,
        };
        var background = new Option<bool>("--background", "-b")
        {
            Description = "Leave it to the agent (cu agent) for good, and return at once; cu agent duties shows it.",
        };
        command.Add(background);
        var folders = new FolderRun();
        folders.AddChoiceTo(command);
        var encryption = new EncryptionFlags();
        encryption.AddToUp(command);
        var limit = LimitOption.Create();
        command.Add(limit);
        command.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            if (parse.GetValue(remote))
            {
                if (parse.GetValue(folder) is not null)
                    throw new UsageException("--remote tells of the service: leave the folder out.");
                output.Stopped = "Stopped.";
                using var listening = Target.Of(parse).Client();
                await new RemoteNews(listening, output, parse.GetValue(scope)).RunAsync(stop);
                return ExitCodes.Done;
            }

            var named = parse.GetValue(folder)
                ?? throw new UsageException("Which folder? Or --remote, for the uploads at the service.");
            var root = Path.GetFullPath(named);
            if (!Directory.Exists(root))
                throw new TransferException(TransferFailure.LocalFile, $"{root} is no folder.");
            var path = UpVerb.Place(root, new UploadOptions(), hasTree: true, parse.GetValue(to), several: false).Path!;
            var pause = Time(parse.GetValue(every), DefaultEvery);
            if (parse.GetValue(background))
            {
                if (encryption.Read(parse) is not null || parse.GetValue(limit) is not null)
                {
                    throw new UsageException(
                        "With --background, a folder is watched without encryption and without a limit of its own: run cu watch in a "
                        + "terminal, or set the limit of the agent (cu queue limit).");
                }

                var wanted = folders.Read(parse) with { Rest = Time(parse.GetValue(rest), DefaultRest) };
                return await Duties.AddAsync(output, WatchDuty.Of(Target.Of(parse), root, path, wanted, pause), stop);
            }

            output.Stopped = "Stopped. The same command sends what has changed meanwhile.";
            var (limits, clock) = LimitOption.Foreground(parse.GetValue(limit));
            using var until = clock;
            // The history would have a line for each look at the folder.
            using var client = Target.Of(parse).Client(limits, ended: _ => { });
            var options = folders.Read(parse) with
            {
                Encryption = encryption.Read(parse),
                Identities = encryption.ReadOwn(parse),
                Rest = Time(parse.GetValue(rest), DefaultRest),
            };
            await new FolderWatch(client, output, root, path, options, pause).RunAsync(stop);
            return ExitCodes.Done;
        }));
        return command;
    }

    private static TimeSpan Time(string? text, TimeSpan usual) => text is null ? usual : Figures.ParseTime(text);
}
