using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Failover;

/// <summary>A failover of the ledger's server to a synchronous standby while clients upload.</summary>
public sealed class FailoverTests
{
    private const int Piece = 64 << 10;
    private const int Pieces = 60;

    [Fact]
    public async Task Clients_go_on_after_a_failover_and_no_acknowledged_offset_falls()
    {
        await using var rig = await StandbyRig.StartAsync();
        await rig.AddStandbyAsync("b", of: "a");
        await rig.NameStandbysAsync("a", "*");
        await using var service = await ServiceProcess.StartAsync(environment: new Dictionary<string, string>
        {
            ["ChunkUpload__ConnectionStrings__Ledger"] = rig.ConnectionString,
            ["ChunkUpload__Cluster__Standby"] = "Required",
        });
        var witness = new Witness();
        using var ended = new CancellationTokenSource();
        var uploads = Enumerable.Range(1, 3).Select(seed => UploadAsync(new TusClient(service.CreateClient()), seed, witness)).ToList();
        var files = SendFilesAsync(service.CreateClient(), witness, ended.Token);
        await witness.ReachesAsync(3 * Pieces / 4);

        // While the standby is away, requests are refused and nothing is acknowledged.
        await rig.StopAsync("b");
        await witness.SettlesAsync();
        var acknowledged = witness.Acknowledged;
        await witness.RefusesAsync();
        Assert.Equal(acknowledged, witness.Acknowledged);

        // They go on when it is back.
        await rig.RunAsync("b");
        await witness.ReachesAsync(acknowledged + 3 * Pieces / 4);

        // The primary is lost with commits that the standby does not have, and the standby takes over.
        await rig.StopAsync("b");
        await witness.RefusesAsync();
        await rig.Kill9Async("a");
        await rig.RunAsync("b");
        await rig.PromoteAsync("b");
        await rig.NameStandbysAsync("b", "*");
        await rig.AddStandbyAsync("c", of: "b");

        foreach (var (path, bytes) in await Task.WhenAll(uploads))
            Assert.Equal(TusClient.Sha256(bytes), TusClient.Sha256(await new TusClient(service.CreateClient()).DownloadAsync(path)));
        await ended.CancelAsync();
        foreach (var (path, bytes) in await files)
            Assert.Equal(TusClient.Sha256(bytes), TusClient.Sha256(await new TusClient(service.CreateClient()).DownloadAsync(path)));

        // The dump is that of the server which has taken over.
        using var backup = new TempFolder();
        await using var made = ServiceProcess.Launch(
            service.DataDirectory, ["backup", backup["copy"]],
            new Dictionary<string, string> { ["ChunkUpload__ConnectionStrings__Ledger"] = rig.ConnectionString });
        Assert.True(await made.ExitCodeAsync() == 0, made.Output);

        Assert.Contains("on another timeline (00000002)", service.Output, StringComparison.Ordinal);
        Assert.False(await rig.AskAsync<bool>("b", "select may_sweep()"));
        Assert.Equal(1, await rig.AskAsync<long>("b", "select generation from ledger"));
    }

    /// <summary>Uploads in small pieces, and asks for the offset after each failure.</summary>
    private static async Task<(string Path, byte[] Bytes)> UploadAsync(TusClient client, int seed, Witness witness)
    {
        var bytes = TusClient.Bytes(Piece * Pieces, seed);
        var path = await client.NewAsync(bytes.Length);
        var offset = 0;
        while (offset < bytes.Length)
        {
            var answer = await witness.TryAsync(() => client.PatchAsync(path, offset, bytes[offset..(offset + Piece)]));
            if (answer?.Status == 204)
            {
                Assert.Equal(offset + Piece, answer.Offset);
                offset += Piece;
                witness.Acknowledge();
                continue;
            }

            TusAnswer? head;
            do
                head = await witness.TryAsync(() => client.HeadAsync(path));
            while (head?.Status != 200);
            Assert.True(head.Offset >= offset, $"{head.Offset} after {offset}");
            offset = (int)head.Offset!.Value;
        }

        return (path, bytes);
    }

    /// <summary>Sends small files, each in one request, and keeps those that were acknowledged.</summary>
    private static async Task<List<(string Path, byte[] Bytes)>> SendFilesAsync(
        HttpClient http, Witness witness, CancellationToken ended)
    {
        var kept = new List<(string Path, byte[] Bytes)>();
        for (var number = 0; !ended.IsCancellationRequested; number++)
        {
            var bytes = TusClient.Bytes(1000, number);
            using var content = new ByteArrayContent(bytes);
            var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"/api/files/{number}.bin"), UriKind.Relative);
            using var answer = await witness.TryAsync(() => http.PutAsync(address, content, CancellationToken.None));
            if (answer is not { IsSuccessStatusCode: true })
                continue;
            witness.Acknowledge();
            var id = (await answer.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None)).GetProperty("id").GetString();
            kept.Add(($"/api/files/{id}/content", bytes));
            await Task.Delay(20, CancellationToken.None);
        }

        return kept;
    }

    /// <summary>Counts what was acknowledged and what was refused.</summary>
    private sealed class Witness
    {
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

        private int _acknowledged;
        private int _refused;

        public int Acknowledged => Volatile.Read(ref _acknowledged);

        public void Acknowledge() => Interlocked.Increment(ref _acknowledged);

        /// <summary>Returns null if the request was refused for now (by tus also with 423), or was not answered.</summary>
        public async Task<T?> TryAsync<T>(Func<Task<T>> request)
            where T : class
        {
            try
            {
                var answer = await request();
                var status = answer is TusAnswer tus ? tus.Status : (int)((HttpResponseMessage)(object)answer).StatusCode;
                if (status is not (423 or 503))
                    return answer;
            }
            catch (HttpRequestException)
            {
            }

            _ = Interlocked.Increment(ref _refused);
            await Task.Delay(Pause);
            return null;
        }

        public Task ReachesAsync(int acknowledged) => Eventually.HoldsAsync(() => Task.FromResult(Acknowledged >= acknowledged));

        /// <summary>Waits until nothing that was under way is acknowledged any more.</summary>
        public Task SettlesAsync()
        {
            var before = -1;
            return Eventually.HoldsAsync(async () =>
            {
                (var last, before) = (before, Acknowledged);
                await Task.Delay(500);
                return last == before;
            });
        }

        public Task RefusesAsync()
        {
            var before = Volatile.Read(ref _refused);
            return Eventually.HoldsAsync(() => Task.FromResult(Volatile.Read(ref _refused) > before + 4));
        }
    }
}
