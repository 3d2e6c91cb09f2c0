using ChunkUpload.Tests.Functional.Checks;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Upgrade;

/// <summary>
/// Fills the ledger of a release: uploads of each protocol in each state, trees, people, links, pairs, transfers under way, webhooks. What
/// it does is what clients and operators do, so it can do the same with a later version. In the end the service is killed.
/// </summary>
internal sealed partial class LedgerMaker : IAsyncDisposable
{
    public const string Password = "correct horse battery";

    /// <summary>Uploads with this word in their name get no verdict of the checker.</summary>
    private const string Held = "held";

    private readonly string _data;
    private readonly TempFolder _drop = new();
    private readonly KeptFacts _facts = new();
    private HookReceiver _checker = null!;
    private HookReceiver _hooks = null!;
    private HookReceiver _silent = null!;
    private OneDriveRig _storages = null!;
    private ServiceProcess _service = null!;
    private UpgradeClient _operator = null!;
    private int _seed;

    public LedgerMaker(string data) => _data = data;

    /// <returns>What must hold of the ledger after an upgrade.</returns>
    public async Task<KeptFacts> MakeAsync()
    {
        _checker = await HookReceiver.StartAsync();
        _checker.Answer = VerdictAsync;
        _hooks = await HookReceiver.StartAsync();
        _silent = await HookReceiver.StartAsync();
        _silent.Answer = context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        };
        _storages = await OneDriveRig.StartAsync(content: SessionsAddress);

        await RunAsync(["--Uploads:IdleExpiry=00:00:10"], AddExpiredAsync);
        await RunAsync(["--Storage:Durability=Relaxed"], AddRelaxedAsync);
        await StartAsync(
        [
            $"--Check:Url={_checker.Url}", $"--Check:Secret={CheckedService.Secret}", "--Webhooks:AllowPrivateNetworks=true",
            "--Tus:Extensions=creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,termination,"
                + "concatenation,concatenation-unfinished",
            $"--Connections:Folders=Drop|{_drop.Path}|both|everyone", .. _storages.Settings.Select(pair => $"--{pair.Key}={pair.Value}"),
        ]);
        await AddWebhooksAsync();
        await AddPeopleAsync();
        await AddTreeAsync();
        await AddFinishedAsync();
        await AddUnfinishedAsync();
        await AddPartsAsync();
        await AddLinksAsync();
        await AddProjectsAsync();
        await AddEndedAsync();
        await AddSyncsAsync();
        await AddTransfersAsync();
        await AddHeldAsync();
        await _service.Kill9Async();
        return _facts;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        foreach (var receiver in new[] { _checker, _hooks, _silent })
        {
            if (receiver is not null)
                await receiver.DisposeAsync();
        }

        if (_storages is not null)
            await _storages.DisposeAsync();
        _drop.Dispose();
    }

    private (int Seed, byte[] Bytes) New(int size) => (++_seed, KeptFacts.Bytes(_seed, size));

    private async Task RunAsync(string[] settings, Func<Task> fill)
    {
        await StartAsync(settings);
        await fill();
        Assert.Equal(0, await _service.StopAsync());
        await CloseAsync();
    }

    private async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _service, null!) is { } service)
            await service.DisposeAsync();
    }

    private async Task StartAsync(string[] settings)
    {
        _service = await ServiceProcess.StartAsync(_data, settings);
        _operator = UpgradeClient.Of(_service);
    }

    private Task VerdictAsync(HttpContext context)
    {
        var asked = _checker.Received.Single(hook => hook.Headers["webhook-id"] == context.Request.Headers["webhook-id"].ToString());
        return asked.Body.Contains(Held, StringComparison.Ordinal)
            ? Task.Delay(Timeout.Infinite, context.RequestAborted)
            : context.Response.WriteAsync(asked.Body.Contains("refused", StringComparison.Ordinal)
                ? """{"verdict":"refuse","reason":"The checker does not take it."}"""
                : """{"verdict":"accept"}""");
    }

    private async Task AddExpiredAsync()
    {
        var (_, bytes) = New(50_000);
        var session = await _operator.SessionAsync(bytes.Length, new { fileName = "expired.bin", size = bytes.Length });
        await _operator.ChunkAsync(session, bytes, 0, 20_000);
        var id = session.Split('/')[^1];
        await Eventually.HoldsAsync(async () =>
        {
            using var begun = await _operator.AnswerAsync(HttpMethod.Post, "/api/jobs/purge-stale-sessions/run", null);
            return await _operator.StateAsync(id) == "expired";
        });
        _facts.States.Add(new KeptState(id, "expired"));
    }

    private async Task AddRelaxedAsync()
    {
        await FileAsync("relaxed.bin", 70_000);
        var (seed, bytes) = New(400_000);
        var session = await _operator.SessionAsync(bytes.Length, new { fileName = "relaxed session.bin", size = bytes.Length });
        await _operator.ChunkAsync(session, bytes, 0, 100_000);
        await _operator.ChunkAsync(session, bytes, 200_000, 100_000);
        AddOpen("session", session, seed, bytes.Length);
        (seed, bytes) = New(300_000);
        var path = await _operator.TusAsync("", ("Upload-Length", $"{bytes.Length}"));
        await _operator.TusPatchAsync(path, bytes, 0, 120_000);
        AddOpen("tus", path, seed, bytes.Length);
    }

    /// <summary>Uploads a file in one request.</summary>
    private async Task<string> FileAsync(string name, int size, bool stays = true)
    {
        var (seed, bytes) = New(size);
        var made = await _operator.SendAsync(HttpMethod.Put, $"/api/files/{name}", new ByteArrayContent(bytes));
        var id = made.GetProperty("id").GetString()!;
        if (stays)
            _facts.Files.Add(new KeptFile($"/api/files/{id}/content", seed, size));
        return id;
    }

    private void AddOpen(string protocol, string address, int seed, int size, string? key = null) =>
        _facts.Uploads.Add(new KeptUpload(protocol, address, seed, size, $"/api/files/{address.Split('/')[^1]}/content", key));

    private async Task StateIsAsync(string id, string state, string? then = null)
    {
        await Eventually.HoldsAsync(async () => await _operator.StateAsync(id) == state);
        _facts.States.Add(new KeptState(id, state, then));
    }
}
