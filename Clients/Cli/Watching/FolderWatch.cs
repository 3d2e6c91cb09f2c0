using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Agent;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Watching;

/// <summary>
/// One folder that is followed: 1. all of it; 2. wait for news, for files that were still changing, or for the time to look at all of it
/// again; 3. let what changes come to rest; 4. send what the news name.
/// </summary>
internal sealed class FolderWatch(
    ChunkUploadClient client, Output output, string root, string path, FolderOptions options, TimeSpan every)
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(15);

    private bool _isTold;

    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            using var news = new FolderNews(root);
            if (news.Fault is { } fault)
                output.Note($"The system gives no news of {root} ({fault}), so it is looked at every {Figures.Time(every)}.");
            await FollowAsync(news, stop);
        }
    }

    /// <summary>Follows changes until a full scan with new watches is due, because folders may have been mounted meanwhile.</summary>
    private async Task FollowAsync(FolderNews news, CancellationToken stop)
    {
        // 1. All of it.
        var left = await SendAsync(null, stop);
        var began = TimeProvider.System.GetTimestamp();
        if (left is null)
        {
            await Task.Delay(every < AfterFailure ? every : AfterFailure, stop);
            return;
        }

        if (!_isTold)
            output.Result($"Watching {root} → {path}. Ctrl-C ends it.", new JsonObject { ["state"] = "watching", ["path"] = path });
        _isTold = true;
        while (true)
        {
            // 2. Wait for news, for files that were still changing, or for the time to look at all of it again.
            var rest = every - TimeProvider.System.GetElapsedTime(began);
            if (rest <= TimeSpan.Zero)
                return;
            using (var pause = CancellationTokenSource.CreateLinkedTokenSource(stop))
            {
                var wait = left.Count > 0 && options.Rest < rest ? options.Rest : rest;
                var came = await Task.WhenAny(news.Coming, Task.Delay(wait, pause.Token));
                await pause.CancelAsync();
                stop.ThrowIfCancellationRequested();
                if (came != news.Coming && wait == rest)
                    return;
            }

            // 3. What goes on changing is left then, and holds up nothing else.
            if (news.Coming.IsCompleted)
                await Task.Delay(options.Rest, stop);
            if (news.Take() is not { } more)
                return;
            var paths = new HashSet<string>(left);
            paths.UnionWith(more);

            // 4. Send what the news name.
            left = await SendAsync(paths, stop);
            if (left is null)
                return;
        }
    }

    /// <param name="only">Null means all of the folder.</param>
    /// <returns>Files that were still changing; null where it failed as a whole.</returns>
    private async Task<IReadOnlyCollection<string>?> SendAsync(IReadOnlyCollection<string>? only, CancellationToken stop)
    {
        var left = new ConcurrentBag<string>();
        try
        {
            _ = await client.UploadFolderAsync(root, path, options with { Only = only }, new Items(output, left), stop);
            return left;
        }
        catch (TransferException failure) when (failure.Failure != TransferFailure.Authentication)
        {
            _ = output.Fail(root, failure);
            return null;
        }
    }

    private sealed class Items(Output output, ConcurrentBag<string> left) : IProgress<FolderProgress>
    {
        private string? _trouble;

        public void Report(FolderProgress value)
        {
            if (value.Trouble is { } trouble && Interlocked.Exchange(ref _trouble, trouble) != trouble)
                output.Note(trouble);
            if (value.Item is not { } item)
                return;
            switch (item.State)
            {
                case FolderItemState.Left:
                    left.Add(item.Path);
                    break;
                case FolderItemState.Failed:
                    output.Fail(item.Path, item.Message!, null, ExitCodes.Word(item.Failure!.Value));
                    break;
                case FolderItemState.Moved:
                    output.Result(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{TimeProvider.System.GetLocalNow():HH:mm:ss}  sent {Output.Printable(item.Path)}")
                            + (item.Size > 0 ? $" ({Figures.Bytes(item.Size)})" : ""),
                        new JsonObject { ["path"] = item.Path, ["state"] = "sent", ["size"] = item.Size });
                    break;
            }
        }
    }
}
