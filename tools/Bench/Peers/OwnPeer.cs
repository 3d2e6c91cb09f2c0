using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers;

/// <summary>The service, through <c>tools/run</c>, with its embedded database in a control group of its own.</summary>
internal static class OwnPeer
{
    private const long Never = 1L << 50;

    // All that are counted, and none that would slow an upload down.
    private static readonly Dictionary<string, long> Limits = new()
    {
        ["maxFileSize"] = Never,
        ["storedBytes"] = Never,
        ["files"] = 1_000_000_000,
        ["openUploads"] = 1_000_000,
        ["requestsPerMinute"] = 100_000_000,
        ["creationsPerMinute"] = 100_000_000,
        ["requestsAtOnce"] = 1_000_000,
        ["receivedPerDay"] = Never,
        ["sentPerDay"] = Never,
    };

    public static async Task<Peer> StartAsync(PeerKind kind, BenchOptions options, string folder, CancellationToken cancellationToken)
    {
        var group = ControlGroup.Create();
        var service = await ServiceProcess.StartAsync(
            options with
            {
                Root = kind.Name == PeerKind.Before ? options.Before! : options.Root,
                Settings = [.. kind.Settings, .. options.Settings],
            }, folder, cancellationToken, group);
        var database = ControlGroup.Create();
        // The postmaster first: processes that it starts later begin in the group, and the existing ones are moved here.
        database.Add(service.Postmaster);
        foreach (var process in group.Processes.Where(process => process != service.ProcessId))
            database.Add(process);
        if (kind.Name == PeerKind.Watched)
            await ListenAsync(service, cancellationToken);
        return new Peer
        {
            Kind = kind,
            Address = service.Address,
            Key = kind.Name == PeerKind.Limited ? await LimitAsync(service, cancellationToken) : service.Key,
            Group = group,
            Database = database,
            Process = service,
        };
    }

    /// <summary>Opens a stream of all events, and reads it until the service ends it.</summary>
    private static async Task ListenAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        var http = new HttpClient { BaseAddress = service.Address, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
        var events = await http.GetStreamAsync("api/events?scope=all", cancellationToken);
        _ = Task.Run(
            async () =>
            {
                using (http)
                    await events.CopyToAsync(Stream.Null, cancellationToken);
            },
            cancellationToken);
    }

    /// <summary>Limits the tenant and its keys.</summary>
    /// <returns>A key for uploads and downloads.</returns>
    private static async Task<string> LimitAsync(ServiceProcess service, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = service.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
        foreach (var scope in (string[])["tenant/default", "default/key"])
        {
            using var set = await http.PutAsJsonAsync($"api/limits/{scope}", Limits, cancellationToken);
            _ = set.EnsureSuccessStatusCode();
        }

        using var made = await http.PostAsJsonAsync(
            "api/keys",
            new { name = "bench", kind = "tenant", scopes = (string[])["upload", "read", "delete", "list"], days = 1 }, cancellationToken);
        _ = made.EnsureSuccessStatusCode();
        return (await made.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("secret").GetString()!;
    }
}
