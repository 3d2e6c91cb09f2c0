using System.Security.Cryptography;
using ChunkUpload.Client.Http;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// Compares local files with those of the service: 1. report files that are missing or have another size; 2. compare the SHA-256 of the
/// rest; 3. ask again for digests that the service has not computed yet; 4. compare links and folders.
/// </summary>
/// <param name="remote">The folder at the service.</param>
/// <param name="options">The options of the comparison.</param>
/// <param name="opened">Compares a file with an encrypted one; null if none is encrypted.</param>
internal sealed class FolderComparison(
    RemoteTree remote, FolderOptions options, Func<LocalEntry, CancellationToken, Task<ComparedItem>>? opened = null)
{
    private const int Batch = 500;

    // The disk limits reading; a core limits hashing.
    private static readonly int AtOnce = Math.Clamp(Environment.ProcessorCount, 1, 4);

    public async IAsyncEnumerable<ComparedItem> FolderAsync(
        string root, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        if (!Directory.Exists(root))
            throw TransferException.Local($"{root} is no folder.");
        List<LocalEntry> batch = [], others = [];
        foreach (var entry in new FolderScan(new IgnoreRules(options.Exclude), options.Links).Walk(root))
        {
            stop.ThrowIfCancellationRequested();
            if (entry.Kind == LocalKind.Other)
                yield return Failed(entry, entry.Message!, entry.IsUnknown ? ComparedState.Failed : ComparedState.Skipped);
            else
                (entry.Kind == LocalKind.File ? batch : others).Add(entry);
            if (batch.Count < Batch)
                continue;
            foreach (var item in await FilesAsync(batch, stop))
                yield return item;
            batch.Clear();
        }

        foreach (var item in await FilesAsync(batch, stop))
            yield return item;

        // 4. Compare links and folders.
        var there = new Dictionary<string, EntryAnswer>();
        if (others.Count > 0)
        {
            await foreach (var item in ListAsync(stop))
            {
                if (item.Kind != "file")
                    there[item.Path] = item;
            }
        }

        foreach (var entry in others)
        {
            var known = there.GetValueOrDefault(entry.Path);
            var word = entry.Kind == LocalKind.Folder ? "folder" : "link";
            yield return known is null ? Of(entry, ComparedState.Missing)
                : known.Kind == word && (known.Kind == "folder" || known.LinkTarget == entry.LinkTarget) ? Of(entry, ComparedState.Equal)
                : Of(entry, ComparedState.Differs) with { Message = $"It is another {known.Kind} there." };
        }
    }

    public async Task<List<ComparedItem>> FilesAsync(IReadOnlyList<LocalEntry> files, CancellationToken stop)
    {
        var found = new ComparedItem?[files.Count];
        if (files.Count == 0)
            return [];
        if (opened is not null)
        {
            await Parallel.ForAsync(
                0, files.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop },
                async (at, token) => found[at] = await opened(files[at], token));
            return [.. found.Select(item => item!)];
        }

        // 1. Report files that are missing or have another size.
        var states = await remote.CheckAsync(files, null, stop);
        for (var at = 0; at < files.Count; at++)
        {
            found[at] = states[at] switch
            {
                { State: "missing" } => Of(files[at], ComparedState.Missing),
                { State: "invalid" } invalid => Failed(files[at], invalid.Detail ?? "The name is not valid.", ComparedState.Failed),
                { Why: { } why } when why.Contains("kind") =>
                    Of(files[at], ComparedState.Differs) with { Message = "It is no file there." },
                { Why: { } why } when why.Contains("size") => Of(files[at], ComparedState.Differs) with { Message = "Its size differs." },
                _ => null,
            };
        }

        // 2. Compare the SHA-256 of the rest.
        var digests = new string?[files.Count];
        await Parallel.ForAsync(
            0, files.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (at, token) =>
            {
                if (found[at] is not null)
                    return;
                try
                {
                    digests[at] = await HashAsync(files[at].Full, token);
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    found[at] = Failed(files[at], failure.Message, ComparedState.Failed);
                }
            });
        var open = Enumerable.Range(0, files.Count).Where(at => found[at] is null).ToList();
        if (open.Count > 0)
        {
            var byPath = open.ToDictionary(at => files[at].Path, at => digests[at]!);
            var again = await remote.CheckAsync([.. open.Select(at => files[at])], byPath, stop);
            foreach (var (at, state) in open.Zip(again))
            {
                found[at] = state.State switch
                {
                    "equal" => Of(files[at], ComparedState.Equal),
                    "missing" => Of(files[at], ComparedState.Missing),
                    // 3. Ask again for digests that the service has not computed yet.
                    _ when state.Why is ["content"] && !await remote.HasDigestAsync(files[at].Path, stop) =>
                        Of(files[at], ComparedState.Unknown) with { Message = "The service has not computed its SHA-256 yet." },
                    _ => Of(files[at], ComparedState.Differs) with { Message = "Its content differs." },
                };
            }
        }

        return [.. found.Select(item => item!)];
    }

    /// <summary>Nothing, where there is no such folder.</summary>
    private async IAsyncEnumerable<EntryAnswer> ListAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        await using var items = remote.ListAsync(withForeign: false, stop).GetAsyncEnumerator(stop);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync())
                    yield break;
            }
            catch (TransferException failure) when (failure.Status == 404)
            {
                yield break;
            }

            yield return items.Current;
        }
    }

    private static async Task<string> HashAsync(string file, CancellationToken stop)
    {
        await using var content = new FileStream(
            file, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, Share = FileShare.ReadWrite });
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, stop));
    }

    private static ComparedItem Of(LocalEntry entry, ComparedState state) => new(entry.Path, state, entry.Size);

    private static ComparedItem Failed(LocalEntry entry, string message, ComparedState state) =>
        new(entry.Path, state, entry.Size, message);
}
