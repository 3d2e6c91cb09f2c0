using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client.Projects;

namespace ChunkUpload.Cli.Projects;

/// <summary>cu project invite, invitations and join: links by which users become members.</summary>
internal static class InvitationVerbs
{
    public static Command Invite()
    {
        var name = new Argument<string>("NAME") { Description = "The project, by its name or id." };
        var days = new Option<int>("--days") { Description = "The days for which the link is valid.", DefaultValueFactory = _ => 7 };
        var uses = new Option<int>("--uses") { Description = "The number of users who may join by it.", DefaultValueFactory = _ => 1 };
        var reads = new Option<bool>("--read-only") { Description = "Who joins may read, and not change files or serve folders." };
        var invite = new Command("invite", "Make a link by which users join your project") { name, days, uses, reads };
        invite.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            var project = await ProjectVerbs.FindAsync(client, parse.GetValue(name)!, stop);
            var made = await client.InviteAsync(
                project.Id, new NewInvitationBody(parse.GetValue(days), parse.GetValue(uses), !parse.GetValue(reads)), stop);
            output.Result(made.Link!, Fields(made));
            return ExitCodes.Done;
        }));
        return invite;
    }

    public static Command Invitations()
    {
        var name = new Argument<string>("NAME") { Description = "The project, by its name or id." };
        var end = new Option<Guid[]>("--end")
        {
            Description = "The ID of an invitation to end, as the list shows it. Users who joined by it stay members.",
        };
        var invitations = new Command("invitations", "List the invitations to your project that are still valid, or end some")
        {
            name, end,
        };
        invitations.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            var project = await ProjectVerbs.FindAsync(client, parse.GetValue(name)!, stop);
            if (parse.GetValue(end) is { Length: > 0 } ended)
            {
                foreach (var id in ended)
                {
                    await client.EndInvitationAsync(project.Id, id, stop);
                    output.Result($"The invitation {id} has ended.", new JsonObject { ["ok"] = true, ["id"] = id.ToString() });
                }

                return ExitCodes.Done;
            }

            foreach (var invitation in await client.InvitationsAsync(project.Id, stop))
                output.Result(Line(invitation), Fields(invitation));
            return ExitCodes.Done;
        }));
        return invitations;
    }

    public static Command Join()
    {
        var link = new Argument<string>("LINK") { Description = "The link of an invitation." };
        var join = new Command("join", "Join a project by the link of an invitation") { link };
        join.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            var text = parse.GetValue(link)!;
            var project = await client.JoinProjectAsync(text[(text.LastIndexOf('/') + 1)..], stop);
            output.Result(
                $"You are a member of {Output.Printable(project.Name)}: cu project ls {project.Id}", ProjectVerbs.Fields(project));
            return ExitCodes.Done;
        }));
        return join;
    }

    private static string Line(InvitationAnswer invitation) => string.Create(
        CultureInfo.InvariantCulture,
        $"{invitation.Id}  used {invitation.Uses} of {invitation.MostUses}  {(invitation.CanChange ? "may change" : "may read"),-10}  "
            + $"until {invitation.ExpiresAt.ToLocalTime():yyyy-MM-dd HH:mm}");

    private static JsonObject Fields(InvitationAnswer invitation)
    {
        var fields = new JsonObject
        {
            ["id"] = invitation.Id.ToString(),
            ["canChange"] = invitation.CanChange,
            ["uses"] = invitation.Uses,
            ["mostUses"] = invitation.MostUses,
            ["createdAt"] = invitation.CreatedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            ["expiresAt"] = invitation.ExpiresAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        };
        if (invitation.Link is { } link)
            fields["link"] = link;
        return fields;
    }
}
