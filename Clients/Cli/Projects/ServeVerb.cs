using System.CommandLine;
using ChunkUpload.Agent;
using ChunkUpload.Agent.Serving;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Projects;

/// <summary>cu agent serve: the members of a project see the files of a folder of this device.</summary>
internal static class ServeVerb
{
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "The local folder. Hidden files in it stay private." };
        var project = new Option<string>("--project") { Description = "The project, by its name or id.", Required = true };
        var at = new Option<string?>("--at") { Description = "The place in the project, such as /line-14; the folder's name if left out." };
        var bytes = new Option<string?>("--bytes-a-day")
        {
            Description = "The most that this computer sends of the folder in a day, such as 20G, whatever the service says.",
        };
        var atOnce = new Option<int?>("--at-once")
        {
            Description = "How many files of the folder are sent at once, and eight times as many small ones; else 2.",
        };
        var listen = new Option<string?>("--listen")
        {
            Description = "Also send files straight to the devices of members: listen at private (all addresses in private networks) or at "
                + "an address of this computer, either with a port if you like, such as private:7443. Never on metered networks.",
        };
        var serve = new Command("serve", "Show the files of a folder to the members of a project, until cu agent dismiss ends it")
        {
            folder, project, at, bytes, atOnce, listen,
        };
        serve.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parse.GetValue(folder)!));
            if (!Directory.Exists(root))
                throw new TransferException(TransferFailure.LocalFile, $"{root} is no folder.");
            if (ServedRoot.Fault(root, ChunkUploadClient.DefaultStateDirectory) is { } fault)
                throw new UsageException(fault);
            var most = parse.GetValue(bytes) is { } text ? Figures.ParseBytes(text) : (long?)null;
            if (parse.GetValue(atOnce) is < 1 or > ServeDuty.MostAtOnce)
                throw new UsageException($"From 1 to {ServeDuty.MostAtOnce} files may be sent at once.");
            if (parse.GetValue(listen) is { } choice && ListenChoice.Parse(choice, out var wrong) is null)
                throw new UsageException(wrong);
            var target = Target.Of(parse);
            using var client = target.Client();
            var found = await ProjectVerbs.FindAsync(client, parse.GetValue(project)!, stop);
            if (!found.CanChange)
                throw new TransferException(TransferFailure.Authentication, $"You may read {found.Name} but not change it; ask its owner.");
            var place = "/" + (parse.GetValue(at) ?? Path.GetFileName(root)).Trim('/');
            var work = Background.Of(target, new QueuedWork { IsUp = true, Local = root, Url = target.Url.AbsoluteUri });
            return await Duties.AddAsync(
                output,
                ServeDuty.Of(work, found.Id, found.Name, place, most, parse.GetValue(atOnce), parse.GetValue(listen)), stop);
        }));
        return serve;
    }
}
