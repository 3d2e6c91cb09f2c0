using System.Globalization;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Functional.Resumable;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Storage;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Wire;

/// <summary>
/// Rule T38a, and the same for the IETF protocol: while the database or the disk is unavailable, a client that asks for its offset is told
/// to wait and never loses bytes. Both fail for real here; HeadTests show that every failure becomes 423.
/// </summary>
public sealed class TroubleTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly string[] Protocols = ["tus", "ietf"];

    [Fact]
    public async Task While_the_database_is_away_HEAD_is_423_and_afterwards_all_is_there()
    {
        var cluster = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync());
        using var folder = new TempFolder();
        // Another path to the cluster, which the test can close.
        var socket = $".s.PGSQL.{cluster.Port}";
        var door = Path.Combine(folder.Path, socket);
        File.CreateSymbolicLink(door, Path.Combine(cluster.Host!, socket));
        await using var service = await TestService.StartAsync(postgres, new Dictionary<string, string>
        {
            ["ConnectionStrings:Ledger"] =
                new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Host = folder.Path }.ConnectionString,
        });
        var paths = new Dictionary<string, string>();
        foreach (var protocol in Protocols)
            paths[protocol] = await BeginAsync(service, protocol, 10, [1, 2, 3]);

        File.Delete(door);
        await using (var operators = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString))
            await operators.ExecuteAsync(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = @Database", new { cluster.Database });
        foreach (var protocol in Protocols)
        {
            var head = await HeadAsync(service, protocol, paths[protocol]);
            Assert.Equal((423, "ledger_unavailable", null), (head.Status, head["X-Error-Code"], head.Offset));
            Assert.True(int.Parse(head["Retry-After"]!, CultureInfo.InvariantCulture) > 0);
            Assert.Equal(protocol == "tus" ? "1.0.0" : null, head["Tus-Resumable"]);
            Assert.Equal(protocol == "tus" ? 503 : 0, (await PatchAsync(service, protocol, paths[protocol], 3, [4])).Status);
        }

        File.CreateSymbolicLink(door, Path.Combine(cluster.Host!, socket));
        foreach (var protocol in Protocols)
        {
            WireAnswer head;
            while ((head = await HeadAsync(service, protocol, paths[protocol])).Status == 423)
                await Task.Yield();
            Assert.Equal(3, head.Offset);
            Assert.InRange((await PatchAsync(service, protocol, paths[protocol], 3, [4, 5, 6, 7, 8, 9, 10])).Status, 201, 204);
        }
    }

    [Fact]
    public async Task While_the_store_accepts_no_writes_HEAD_tells_what_is_safe_and_never_fails()
    {
        var calls = new FaultySyscalls();
        var hooks = new EngineHooks();
        await using var service = await TestService.StartAsync(postgres, replace: services =>
        {
            FaultyStore.With(calls)(services);
            HookedService.With(hooks)(services);
        });
        foreach (var protocol in Protocols)
        {
            var path = await BeginAsync(service, protocol, 10, [1, 2, 3]);

            // A request hangs with bytes that are not durable, and the disk fails before they are.
            using var hanging = await UploadWire.OpenAsync(service);
            var written = hooks.WrittenAsync(5);
            await hanging.HeadAsync($"PATCH {path}", [.. PatchHeaders(protocol, 3), "Content-Length: 7"]);
            await hanging.SendAsync(new byte[] { 4, 5 });
            await written;
            calls.Answer = call => call.Name is nameof(ISyscalls.Fdatasync) or nameof(ISyscalls.Fsync) ? -Errno.InputOutput : null;
            var head = await HeadAsync(service, protocol, path);
            Assert.True(head is { Status: 200 or 204, Offset: 3 } or { Status: 423, Offset: null }, head.Head);

            // Degraded now: queries work, writes do not.
            head = await HeadAsync(service, protocol, path);
            Assert.Equal((protocol == "tus" ? 200 : 204, 3L), (head.Status, head.Offset));
            Assert.Equal(protocol == "tus" ? 503 : 0, (await PatchAsync(service, protocol, path, 3, new byte[7])).Status);
            Assert.Equal(
                503, (await UploadWire.SendAsync(service, "POST /files", [], "Tus-Resumable: 1.0.0", "Upload-Length: 1")).Final.Status);

            calls.Answer = null;
            await ((IProbedStore)service.Services.GetRequiredService<IChunkStore>()).ProbeAsync(CancellationToken.None);
            Assert.InRange((await PatchAsync(service, protocol, path, 3, [4, 5, 6, 7, 8, 9, 10])).Status, 201, 204);
            using var content = await service.Client.GetAsync(new Uri($"/api/files/{path.Split('/')[^1]}/content", UriKind.Relative));
            Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], await content.Content.ReadAsByteArrayAsync());
        }
    }

    private static async Task<string> BeginAsync(TestService service, string protocol, int length, byte[] bytes)
    {
        var created = protocol == "tus"
            ? await UploadWire.SendAsync(service, "POST /files", [], "Tus-Resumable: 1.0.0", $"Upload-Length: {length}")
            : await UploadWire.SendAsync(
                service, "POST /uploads", [], "Upload-Draft-Interop-Version: 8", "Upload-Complete: ?0", $"Upload-Length: {length}");
        Assert.Equal(201, created.Final.Status);
        using var wire = await UploadWire.OpenAsync(service);
        await wire.HeadAsync(
            $"PATCH {created.Final.Path}", [.. PatchHeaders(protocol, 0, complete: false), $"Content-Length: {bytes.Length}"]);
        await wire.SendAsync(bytes);
        Assert.Equal(204, (await wire.AnswerOrCutAsync()).Status);
        return created.Final.Path;
    }

    private static async Task<WireAnswer> HeadAsync(TestService service, string protocol, string path) => (await UploadWire.SendAsync(
        service, $"HEAD {path}", null, protocol == "tus" ? "Tus-Resumable: 1.0.0" : "Upload-Draft-Interop-Version: 8")).Final;

    /// <summary>Status 0 means a broken connection, which IETF clients get for a temporary failure (R61).</summary>
    private static async Task<WireAnswer> PatchAsync(TestService service, string protocol, string path, long offset, byte[] bytes)
    {
        using var wire = await UploadWire.OpenAsync(service);
        await wire.HeadAsync($"PATCH {path}", [.. PatchHeaders(protocol, offset), $"Content-Length: {bytes.Length}"]);
        await wire.SendAsync(bytes);
        return await wire.AnswerOrCutAsync();
    }

    private static string[] PatchHeaders(string protocol, long offset, bool complete = true) => protocol == "tus"
        ? ["Tus-Resumable: 1.0.0", $"Upload-Offset: {offset}", $"Content-Type: {TusClient.OffsetType}"]
        : ["Upload-Draft-Interop-Version: 8", $"Upload-Offset: {offset}", $"Upload-Complete: {(complete ? "?1" : "?0")}",
            "Content-Type: application/partial-upload"];
}
