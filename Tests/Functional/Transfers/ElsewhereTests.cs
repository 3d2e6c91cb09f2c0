using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The service's own files as source and destination while their bytes are in a store that is not here: transfers wait.</summary>
public sealed class ElsewhereTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const int Size = 400_000;

    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly byte[] Content = TransferRig.Bytes(3, Size);

    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Bytes_elsewhere_are_neither_skipped_nor_begun_anew()
    {
        await TransferRig.PutAsync(_service.Client, "a.bin", Content);
        var described = await _service.Client.GetFromJsonAsync<JsonElement>("/api/tree/a.bin?format=json");
        var entry = described.GetProperty("id").GetString()!;
        var root = (await Sink.StatAsync("root", None)).Value!.Id;
        var file = new SinkFile(root, "b.bin", Size, null, null, null, null) { Key = "one" };
        var session = (await Sink.BeginAsync(file, None)).Value!.Id;
        Assert.Equal(100_000, (await Sink.PutAsync(session, file, 0, new Piece(0, 100_000), None)).Value!.Accepted);
        var item = (await Source.StatAsync(entry, None)).Value!;
        Assert.Null(item.Skip);

        await MoveAsync("insert into stores (id, name) values (gen_random_uuid(), 'another host')");
        await MoveAsync("update stored_files f set store = s.id from stores s where s.name = 'another host'");
        await RestartAsync();

        Assert.Equal(FaultKind.Transient, (await Source.StatAsync(entry, None)).Fault!.Kind);
        Assert.Equal(FaultKind.Transient, (await ReadAsync(item))!.Kind);
        Assert.Equal(FaultKind.Transient, (await Sink.QueryAsync(session, file, None)).Fault!.Kind);
        Assert.Equal(FaultKind.Transient, (await Sink.PutAsync(session, file, 100_000, new Piece(100_000, 100_000), None)).Fault!.Kind);
        using (var answer = await _service.Client.GetAsync(new Uri("/api/tree/a.bin", UriKind.Relative)))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.Contains("\"elsewhere\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await MoveAsync("update stored_files f set store = s.id from stores s where s.name <> 'another host'");
        await RestartAsync();
        Assert.Null(await ReadAsync((await Source.StatAsync(entry, None)).Value!));
        Assert.Equal(100_000, (await Sink.QueryAsync(session, file, None)).Value!.Accepted);
        Assert.Equal(Size, (await Sink.PutAsync(session, file, 100_000, new Piece(100_000, Size - 100_000), None)).Value!.Accepted);
        Assert.True((await Sink.CommitAsync(session, file, None)).Ok);
        Assert.Equal(Content, await _service.Client.GetByteArrayAsync(new Uri("/api/tree/b.bin", UriKind.Relative)));
    }

    private IConnector Own => _service.Services.GetRequiredService<ConnectorSet>().Of(null)!;

    private ISource Source => Own.Source(Context)!;

    private ISink Sink => Own.Sink(Context)!;

    private static ConnectorContext Context => new(Caller.Operator, null, NoCallLog.Instance);

    private async Task RestartAsync() => _service = await _service.RestartAsync();

    private async Task<StorageFault?> ReadAsync(SourceItem item)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var fault = await Source.ReadAsync(item, 0, Size, pipe.Writer, None);
        await pipe.Writer.CompleteAsync();
        await pipe.Reader.CompleteAsync();
        return fault;
    }

    private async Task MoveAsync(string statement)
    {
        await using var connection = await _service.Services.GetRequiredService<LedgerDatabase>().OpenConnectionAsync(None);
        await connection.ExecuteAsync(statement);
    }

    private sealed class Piece(int from, int length) : IPiece
    {
        public int Length => length;

        public ValueTask<int> ReadAsync(int offset, Memory<byte> into, CancellationToken cancellationToken)
        {
            var rest = Content.AsMemory(from + offset, Math.Min(into.Length, length - offset));
            rest.CopyTo(into);
            return ValueTask.FromResult(rest.Length);
        }

        public Task CopyToAsync(Stream destination, CancellationToken cancellationToken) =>
            destination.WriteAsync(Content.AsMemory(from, length), cancellationToken).AsTask();
    }
}
