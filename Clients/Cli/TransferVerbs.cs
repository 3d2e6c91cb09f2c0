using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace ChunkUpload.Cli;

/// <summary>cu transfers: what the service moves between storages. Admins see the transfers of their tenant.</summary>
internal static class TransferVerbs
{
    private const string Transfers = "api/transfers";
    private const string Waiting = "waiting";

    public static Command Create()
    {
        var state = new Option<string?>("--state")
        {
            Description = "Only those in this state, such as running, paused, failed or done, or those that wait: waiting.",
        };
        var command = new Command("transfers", "List what the service moves between storages, and pause, resume or cancel it") { state };
        command.SetAction((parse, stop) => ApiCalls.RunAsync(parse, async (output, calls) =>
        {
            var asked = parse.GetValue(state);
            var query = asked is null or Waiting ? "" : $"?state={Uri.EscapeDataString(asked)}";
            await foreach (var transfer in calls.ListAsync(Transfers + query, stop))
            {
                if (asked != Waiting || transfer["wait"] is not null)
                    output.Result(Line(transfer), transfer);
            }
        }));

        var id = new Argument<string>("ID") { Description = "The id, as cu transfers shows it." };
        var show = new Command("show", "Show a transfer with its history") { id };
        show.SetAction((parse, stop) => ApiCalls.RunAsync(parse, async (output, calls) =>
        {
            var path = PathOf(parse.GetValue(id)!);
            var transfer = await calls.GetAsync(path, stop);
            output.Result(Lines(transfer), transfer);
            await foreach (var one in calls.ListAsync($"{path}/events", stop))
            {
                output.Result(
                    $"{ApiCalls.Day(one["at"])}  {ApiCalls.Cell(one["kind"])}  {ApiCalls.Cell(one["text"])}".TrimEnd(), one);
            }
        }));
        command.Add(show);
        command.Add(Change("pause", "Pause a transfer; what it has moved stays", "pauses"));
        command.Add(Change("resume", "Continue a transfer that is paused", "continues"));
        command.Add(Change("cancel", "End a transfer; what it has moved stays", "is cancelled; what was moved stays"));
        return command;
    }

    private static Command Change(string verb, string description, string done)
    {
        var id = new Argument<string>("ID") { Description = "The id, as cu transfers shows it." };
        var command = new Command(verb, description) { id };
        command.SetAction((parse, stop) => ApiCalls.RunAsync(parse, async (output, calls) =>
        {
            var transfer = await calls.SendAsync(HttpMethod.Post, $"{PathOf(parse.GetValue(id)!)}/{verb}", null, stop);
            output.Result($"The transfer \"{ApiCalls.Cell(transfer["label"])}\" {done}", transfer);
        }));
        return command;
    }

    private static string PathOf(string id) => $"{Transfers}/{Uri.EscapeDataString(id)}";

    private static string StateOf(JsonObject transfer)
    {
        var state = ApiCalls.Cell(transfer["state"]);
        return transfer["wait"] is JsonObject wait ? $"{state}: {ApiCalls.Cell(wait["reason"])}" : state;
    }

    private static string Files(JsonObject transfer) => string.Create(
        CultureInfo.InvariantCulture, $"{ApiCalls.Number(transfer["files"]?["done"])} of {ApiCalls.Number(transfer["files"]?["all"])}");

    private static string Bytes(JsonObject transfer) =>
        $"{Figures.Bytes(ApiCalls.Number(transfer["bytes"]?["done"]))} of {Figures.Bytes(ApiCalls.Number(transfer["bytes"]?["all"]))}";

    private static string Line(JsonObject transfer) =>
        $"{ApiCalls.Cell(transfer["id"])}  {StateOf(transfer),-18}  {Files(transfer) + " files",-18}  {Bytes(transfer),-24}  "
            + ApiCalls.Cell(transfer["label"]);

    private static string Lines(JsonObject transfer)
    {
        var files = transfer["files"];
        return string.Join('\n', new (string Name, string Text)[]
        {
            ("transfer", ApiCalls.Cell(transfer["id"])),
            ("label", ApiCalls.Cell(transfer["label"])),
            ("state", StateOf(transfer)),
            ("reason", transfer["reason"] is { } reason ? ApiCalls.Cell(reason) : "none"),
            ("owner", ApiCalls.Cell(transfer["owner"])),
            ("files", $"{Files(transfer)}, {ApiCalls.Number(files?["skipped"])} left out, {ApiCalls.Number(files?["failed"])} failed"),
            ("bytes", $"{Bytes(transfer)}, {Figures.Bytes(ApiCalls.Number(transfer["bytes"]?["moved"]))} sent"),
            ("from", End(transfer["source"])),
            ("to", End(transfer["destination"])),
            ("made", ApiCalls.Day(transfer["createdAt"])),
            ("ended", transfer["endedAt"] is { } ended ? ApiCalls.Day(ended) : "no"),
        }.Select(line => $"{line.Name,-9} {line.Text}"));
    }

    private static string End(JsonNode? end) =>
        end?["connection"] is { } id ? $"connection {ApiCalls.Cell(id)}" : ApiCalls.Cell(end?["kind"]);
}
