using System.CommandLine;
using System.Text.Json.Nodes;

namespace ChunkUpload.Cli.Admin;

/// <summary>cu admin tenants: lists, adds, suspends, resumes and removes them.</summary>
internal static class TenantVerbs
{
    private const string Tenants = "api/tenants";

    public static Command Create()
    {
        var command = new Command("tenants", "List the tenants, and add, suspend, resume or remove one");
        command.SetAction((parse, stop) => ApiCalls.RunAsync(parse, async (output, calls) =>
        {
            var page = await calls.GetAsync(Tenants, stop);
            foreach (var tenant in (page["items"] as JsonArray ?? []).OfType<JsonObject>())
                output.Result(Line(tenant), tenant);
        }));

        var name = new Argument<string>("NAME") { Description = "1 to 63 letters a to z, digits, and hyphens between them." };
        var title = new Option<string?>("--title") { Description = "The title that people see; the name if left out." };
        var add = new Command("add", "Add a tenant, whose files, users and keys are apart from those of others") { name, title };
        add.SetAction((parse, stop) => ApiCalls.RunAsync(parse, async (output, calls) =>
        {
            var body = new JsonObject { ["name"] = parse.GetValue(name), ["title"] = parse.GetValue(title) ?? parse.GetValue(name) };
            var made = await calls.SendAsync(HttpMethod.Post, Tenants, body, stop);
            output.Result($"The tenant {ApiCalls.Cell(made["name"])} is added", made);
        }));
        command.Add(add);
        command.Add(Change("suspend", "Stop the users and keys of a tenant within two seconds", true, "suspended"));
        command.Add(Change("resume", "Let a suspended tenant continue", false, "resumed"));

        var gone = new Argument<string>("NAME") { Description = "Its name. Its data is removed within the hour." };
        var remove = new Command("remove", "End a tenant, and remove its files, keys and people for good") { gone };
        remove.SetAction((parse, stop) => ApiCalls.RunAsync(parse, async (output, calls) =>
        {
            await calls.SendAsync(HttpMethod.Delete, PathOf(parse.GetValue(gone)!), null, stop);
            output.Result(
                $"The tenant {parse.GetValue(gone)} is ended; its data is removed within the hour",
                new JsonObject { ["ok"] = true, ["name"] = parse.GetValue(gone) });
        }));
        command.Add(remove);
        return command;
    }

    private static Command Change(string verb, string description, bool suspended, string done)
    {
        var name = new Argument<string>("NAME") { Description = "Its name." };
        var command = new Command(verb, description) { name };
        command.SetAction((parse, stop) => ApiCalls.RunAsync(parse, async (output, calls) =>
        {
            var body = new JsonObject { ["suspended"] = suspended };
            var tenant = await calls.SendAsync(HttpMethod.Patch, PathOf(parse.GetValue(name)!), body, stop);
            output.Result($"The tenant {ApiCalls.Cell(tenant["name"])} is {done}", tenant);
        }));
        return command;
    }

    private static string PathOf(string name) => $"{Tenants}/{Uri.EscapeDataString(name)}";

    private static string Line(JsonObject tenant) =>
        $"{ApiCalls.Cell(tenant["name"]),-24}  {ApiCalls.Cell(tenant["state"]),-10}  {ApiCalls.Day(tenant["createdAt"])}  "
            + ApiCalls.Cell(tenant["title"]);
}
