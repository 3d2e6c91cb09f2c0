using ChunkUpload.Client;
using ChunkUpload.Client.State;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>What the client's folder remembers.</summary>
public sealed class HistoryStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Several_processes_write_to_it()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            // A store of its own, as in a process of its own.
            var store = Store();
            for (var line = 0; line < 20; line++)
                await store.AddAsync(Past($"{writer}-{line}"));
        })));
        Assert.Equal(160, Store().Read().Select(past => past.Local).Distinct().Count());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["history.jsonl"]));
    }

    [Fact]
    public async Task A_line_that_was_cut_costs_itself()
    {
        Assert.Empty(Store().Read());
        await Store().AddAsync(Past("a"));
        await File.AppendAllTextAsync(_folder["history.jsonl"], "{\"endedAt\":\"2026");
        await Store().AddAsync(Past("b"));
        await File.AppendAllTextAsync(_folder["history.jsonl"], "null\n[]\n\0\0\0\n");
        await Store().AddAsync(Past("c"));
        Assert.Equal(["a", "b", "c"], Store().Read().Select(past => past.Local));
    }

    [Fact]
    public async Task The_oldest_ones_go_when_it_is_full()
    {
        var name = new string('x', 4000);
        await File.WriteAllLinesAsync(
            _folder["history.jsonl"], Enumerable.Repeat(new string(' ', 100), HistoryStore.MostBytes / 101));
        for (var line = 0; line < 10; line++)
            await Store().AddAsync(Past($"{line}{name}"));
        Assert.InRange(new FileInfo(_folder["history.jsonl"]).Length, HistoryStore.MostBytes / 2 - 101, HistoryStore.MostBytes * 2 / 3);
        Assert.Equal(Enumerable.Range(0, 10).Select(line => $"{line}{name}"), Store().Read().Select(past => past.Local));
    }

    private HistoryStore Store() => new(_folder.Path, TimeProvider.System, NullLogger.Instance);

    private static PastTransfer Past(string local) => new()
    {
        EndedAt = DateTimeOffset.UnixEpoch,
        IsUpload = true,
        Local = local,
        Service = "https://files.example",
    };
}
