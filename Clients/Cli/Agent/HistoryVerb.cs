using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Agent;

/// <summary>cu history: what the client's folder remembers.</summary>
internal static class HistoryVerb
{
    private const int Shown = 50;

    public static Command Create()
    {
        var many = new Option<int>("--last", "-n") { Description = "How many, at most.", DefaultValueFactory = _ => Shown };
        var failed = new Option<bool>("--failed") { Description = "Only those that failed." };
        var command = new Command("history", "Show the transfers that are done, or failed, the last one at the end") { many, failed };
        command.SetAction((parse, _) => Output.RunAsync(parse, output =>
        {
            if (parse.GetValue(many) < 1)
                throw new UsageException("--last takes a number from 1 on.");
            var past = ChunkUploadClient.History().Where(one => one.Message is not null || !parse.GetValue(failed));
            foreach (var one in past.TakeLast(parse.GetValue(many)))
                output.Result(Line(one), Fields(one));
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }

    private static string Line(PastTransfer one)
    {
        var (local, remote) = (one.Local ?? "-", one.Remote ?? one.Service);
        var way = one.IsUpload ? $"{local} → {remote}" : $"{remote} → {local}";
        var end = one.Message is { } message
            ? $"failed: {message}"
            : $"{Figures.Bytes(one.Bytes)} in {Figures.Time(TimeSpan.FromSeconds(one.Seconds))}";
        return string.Create(
            CultureInfo.InvariantCulture, $"{one.EndedAt.ToLocalTime():yyyy-MM-dd HH:mm:ss}  {Output.Printable($"{way}  {end}")}");
    }

    private static JsonObject Fields(PastTransfer one) => new()
    {
        ["ok"] = one.Message is null,
        ["endedAt"] = one.EndedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["direction"] = one.IsUpload ? "up" : "down",
        ["folder"] = one.IsFolder,
        ["local"] = one.Local,
        ["remote"] = one.Remote,
        ["service"] = one.Service,
        ["bytes"] = one.Bytes,
        ["moved"] = one.IsFolder ? one.Moved : null,
        ["seconds"] = one.Seconds,
        ["retries"] = one.Retries,
        ["savedByResuming"] = one.SavedByResuming,
        ["sha256"] = one.Sha256,
        ["class"] = one.Failure is { } failure ? ExitCodes.Word(failure) : null,
        ["code"] = one.Code,
        ["message"] = one.Message,
        ["queueId"] = one.QueueId,
    };
}
