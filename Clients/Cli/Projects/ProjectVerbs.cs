using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;
using ChunkUpload.Client.Projects;

namespace ChunkUpload.Cli.Projects;

/// <summary>cu project: makes projects, and lists them and the files that devices serve in them.</summary>
internal static class ProjectVerbs
{
    public static Command Create()
    {
        var project = new Command("project", "Make and join projects, see what lies on the devices of their members, and ask for it");
        project.Add(Make());
        project.Add(List());
        project.Add(InvitationVerbs.Invite());
        project.Add(InvitationVerbs.Invitations());
        project.Add(InvitationVerbs.Join());
        project.Add(ProjectGetVerb.Create());
        project.Add(DevicesVerb.Create());
        foreach (var verb in RequestVerbs.Create())
            project.Add(verb);
        return project;
    }

    /// <summary>Finds a project by its name or id.</summary>
    /// <exception cref="TransferException">There is none, or several have the name.</exception>
    public static async Task<ProjectAnswer> FindAsync(ChunkUploadClient client, string name, CancellationToken stop)
    {
        var found = (await client.ProjectsAsync(stop)).Where(one => one.IsMember
            && (one.Name == name || (Guid.TryParse(name, out var id) && one.Id == id))).ToList();
        return found switch
        {
            [var one] => one,
            [] => throw new TransferException(
                TransferFailure.NotFound, $"You are a member of no project {name}. cu project ls lists yours."),
            _ => throw new TransferException(
                TransferFailure.Conflict, $"{found.Count} projects are called {name}. Give the id instead: cu project ls --json shows it."),
        };
    }

    private static Command Make()
    {
        var name = new Argument<string>("NAME") { Description = "The name of the project." };
        var make = new Command("create", "Make a project; you are its owner and first member") { name };
        make.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            var made = await client.AddProjectAsync(parse.GetValue(name)!, stop);
            output.Result(
                $"{Output.Printable(made.Name)} is made. Serve a folder in it: cu agent serve FOLDER --project {made.Id}", Fields(made));
            return ExitCodes.Done;
        }));
        return make;
    }

    private static Command List()
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "A project: list the files that devices serve in it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var list = new Command("ls", "List your projects, or the files on the devices of one") { name };
        list.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            if (parse.GetValue(name) is { } one)
            {
                await foreach (var file in client.RemoteFilesAsync((await FindAsync(client, one, stop)).Id, stop))
                    output.Result(Line(file), Fields(file));
                return ExitCodes.Done;
            }

            foreach (var project in (await client.ProjectsAsync(stop)).Where(project => project.IsMember))
                output.Result(Line(project), Fields(project));
            return ExitCodes.Done;
        }));
        return list;
    }

    private static string Line(ProjectAnswer project)
    {
        var online = project.Folders.Count(folder => folder.Online);
        var devices = project.Folders.Count == 0
            ? "no device serves it"
            : $"{Plural.Of(project.Folders.Sum(folder => folder.Files), "file")} "
                + $"({Figures.Bytes(project.Folders.Sum(folder => folder.Bytes))}) on devices, "
                + $"{online} of {Plural.Of(project.Folders.Count, "folder")} online";
        return $"{Output.Printable(project.Name)}  {devices}{(project.ArchivedAt is null ? "" : "  archived")}";
    }

    public static JsonObject Fields(ProjectAnswer project) => new()
    {
        ["id"] = project.Id.ToString(),
        ["name"] = project.Name,
        ["owner"] = project.Owner,
        ["canChange"] = project.CanChange,
        ["members"] = project.Members,
        ["archived"] = project.ArchivedAt is not null,
        ["folders"] = new JsonArray(
        [
            .. project.Folders.Select(folder => new JsonObject
            {
                ["id"] = folder.Id.ToString(),
                ["place"] = folder.Place,
                ["device"] = folder.DeviceName,
                ["of"] = folder.OwnerName,
                ["online"] = folder.Online,
                ["files"] = folder.Files,
                ["bytes"] = folder.Bytes,
            }),
        ]),
    };

    private static string Line(RemoteFileAnswer file) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Figures.Bytes(file.Size),10}  {file.ModifiedAt.ToLocalTime():yyyy-MM-dd HH:mm}  {Output.Printable(file.Path)}"
            + $"{(file.Online ? "" : "  (offline)")}");

    private static JsonObject Fields(RemoteFileAnswer file) => new()
    {
        ["path"] = file.Path,
        ["size"] = file.Size,
        ["sha256"] = file.Hash,
        ["modifiedAt"] = file.ModifiedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["device"] = file.DeviceId.ToString(),
        ["online"] = file.Online,
    };
}
