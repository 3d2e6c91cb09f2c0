using System.Globalization;
using System.Text.Json.Nodes;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>
/// The witness as a process: arguments are address, key file, journal, seed, clients, mix, largest file, percentage of broken
/// requests, and "balanced" behind a load balancer. A line on standard input is an order, a line on standard output its answer.
/// </summary>
internal static class WitnessProcess
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public static async Task<int> MainAsync(string[] arguments)
    {
        if (arguments is not
            [var address, var keyFile, var journalFile, var seed, var clients, var mix, var largest, var breaks, .. var balanced])
            return 2;
        using var wire = new WitnessClient(new Uri(address), (await File.ReadAllTextAsync(keyFile)).Trim());
        using var journal = new Journal(journalFile);
        var options = new LoadOptions(
            Number(seed), Number(clients), mix.Split(','), Number(largest), Number(breaks), balanced is ["balanced"]);
        var load = new Load(wire, journal, options);
        var (sessions, streams) = (new SessionClient(load), new StreamClient(load));
        var checker = new Checker(load, sessions, streams);
        using var stop = new CancellationTokenSource();
        Task running = Task.CompletedTask;
        while (await Console.In.ReadLineAsync() is { } order)
        {
            switch (order)
            {
                case "load":
                    running = Task.WhenAll(Enumerable.Range(0, options.Clients).Select(index =>
                        Task.Run(() => new Client(load, sessions, streams, checker, new Random(options.Seed * 1000 + index))
                            .RunAsync(stop.Token))));
                    break;
                case "check":
                    await AllAsync(upload => checker.CheckAsync(upload, content: true, CancellationToken.None));
                    break;
                case "hold":
                    await stop.CancelAsync();
                    await running;
                    break;
                case "finish":
                    await AllAsync(upload => checker.FinishAsync(upload, new Random(upload.Number), CancellationToken.None));
                    break;
                case "report":
                    break;
                default:
                    return 2;
            }

            Console.WriteLine(Report().ToJsonString());
        }

        return 0;

        async Task AllAsync(Func<Sent, Task> work)
        {
            using var deadline = new CancellationTokenSource(Longest, TimeProvider.System);
            await Parallel.ForEachAsync(
                load.Uploads, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = deadline.Token }, async (upload, _) =>
            {
                try
                {
                    await work(upload);
                }
                catch (Exception e)
                {
                    journal.Violate($"{upload} could not be compared: {e.Message}");
                }
            });
        }

        JsonObject Report() => new()
        {
            ["acks"] = journal.Acks,
            ["uploads"] = load.Uploads.Count,
            ["violations"] = new JsonArray([.. journal.Violations.Take(50).Select(text => JsonValue.Create(text))]),
            ["answers"] = new JsonObject(
                journal.Answers.Select(answer => KeyValuePair.Create(answer.Key, (JsonNode?)JsonValue.Create(answer.Value)))),
        };
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
