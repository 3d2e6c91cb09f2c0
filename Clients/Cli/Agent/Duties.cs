using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Agent;
using ChunkUpload.Agent.Serving;

namespace ChunkUpload.Cli.Agent;

/// <summary>cu agent duties and dismiss: the standing work of the agent.</summary>
internal static class Duties
{
    public static IEnumerable<Command> Create()
    {
        var list = new Command("duties", "Show the standing work of the agent, such as folders that it watches");
        list.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            foreach (var duty in await AskAsync(new AgentRequest { Do = Protocol.Duties }, stop))
                output.Result(Line(duty), Fields(duty));
            return ExitCodes.Done;
        }));
        yield return list;
        var ids = new Argument<long[]>("ID")
        {
            Description = "The number of a duty, as cu agent duties shows it.",
            Arity = ArgumentArity.OneOrMore,
        };
        var dismiss = new Command("dismiss", "End standing work of the agent for good; files stay where they are") { ids };
        dismiss.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            foreach (var duty in await AskAsync(new AgentRequest { Do = Protocol.RemoveDuty, Ids = parse.GetValue(ids) }, stop))
                output.Result($"{duty.Duty.Id}  {Output.Printable(duty.Duty.Local)} is dismissed", Fields(duty));
            return ExitCodes.Done;
        }));
        yield return dismiss;
    }

    /// <summary>Gives a duty to the agent.</summary>
    public static async Task<int> AddAsync(Output output, Duty duty, CancellationToken stop)
    {
        foreach (var added in await AskAsync(new AgentRequest { Do = Protocol.AddDuty, Duty = duty }, stop))
            output.Result($"{added.Duty.Id}  The agent does it from now on: {added.Duty.Kind} {added.Duty.Local}", Fields(added));
        return ExitCodes.Done;
    }

    private static async Task<IReadOnlyList<DutyView>> AskAsync(AgentRequest request, CancellationToken stop)
    {
        using var agent = await AgentClient.ConnectAsync(AgentPlace.Known, stop);
        return (await agent.AskAsync(request, stop)).Duties ?? [];
    }

    private static string Line(DutyView view)
    {
        var until = view.Until is { } time ? $" until {time.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture)}" : "";
        var text = view.Text is { } said ? $": {said}" : "";
        // What goes well says so itself.
        var where = view.Fault is not null && view.Duty.Settings.GetValueOrDefault(ServeDuty.ProjectName) is { } project
            ? $" in {project}{view.Duty.Settings.GetValueOrDefault(ServeDuty.Place)}"
            : "";
        return Output.Printable($"{view.Duty.Id,5}  {view.Duty.Kind} {view.Duty.Local}{where}  {view.State}{until}{text}");
    }

    private static JsonObject Fields(DutyView view) => new()
    {
        ["id"] = view.Duty.Id,
        ["kind"] = view.Duty.Kind,
        ["local"] = view.Duty.Local,
        // The token of a link is a secret.
        ["service"] = new Uri(view.Duty.Url).GetLeftPart(UriPartial.Authority),
        ["state"] = view.State,
        ["text"] = view.Text,
        ["until"] = view.Until?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["failure"] = view.Fault is not { } fault ? null : new JsonObject
        {
            ["class"] = fault.Class,
            ["code"] = fault.Code,
            ["message"] = fault.Message,
        },
        ["addedAt"] = view.Duty.AddedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
    };
}
