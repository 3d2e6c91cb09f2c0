using System.Text.Json;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Retrying;

namespace ChunkUpload.Client.Folders;

/// <summary>A folder at the service, seen from within: paths are below it.</summary>
internal sealed class RemoteTree(ServiceCalls calls, Attempts attempts, string path, string? space)
{
    private const int PageSize = 1000;
    private const int LeastPage = 50;
    private const int MostHalvings = 5;

    public string Path => path;

    public string Name => path.Length == 0 ? "The root" : path;

    /// <summary>Null if it is not encrypted.</summary>
    public FolderCipher? Cipher { get; set; }

    /// <summary>The path of this folder with readable names; null: they are readable at the service.</summary>
    public string? ShownPath { get; set; }

    /// <summary>The path with readable names of what lies below.</summary>
    public string PlaceOf(string below) => (ShownPath ?? path) is { Length: > 0 } shown ? $"{shown}/{below}" : below;

    /// <summary>The path at the service of what lies below.</summary>
    public string Under(string below) => path.Length == 0 ? Hidden(below) : $"{path}/{Hidden(below)}";

    /// <summary>The path below this folder as the service has it.</summary>
    public string Hidden(string below) => Cipher is null ? below : Cipher.Hide(below);

    /// <returns>Why nothing of this name can be sent.</returns>
    public TransferException? Refusal(string below)
    {
        if (Cipher is null)
            return null;
        if (!Cipher.HidesNames && below == FolderKeys.FileName)
        {
            return new TransferException(
                TransferFailure.Refused, "The key of an encrypted folder has this name. Rename it, or leave it out (--exclude).")
            {
                Code = ClientCodes.ReservedName,
            };
        }

        try
        {
            _ = Hidden(below);
            return null;
        }
        catch (TransferException failure)
        {
            return failure;
        }
    }

    /// <summary>Everything below, folders before their content.</summary>
    /// <param name="withForeign">
    /// Whether to return entries whose names no key shows, too, with <see cref="EntryAnswer.IsForeign"/>. What is below such a folder is
    /// never returned.
    /// </param>
    /// <param name="stop">Cancels the call.</param>
    public async IAsyncEnumerable<EntryAnswer> ListAsync(
        bool withForeign, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var item in ListAsync(stop))
        {
            if (Cipher is null)
                yield return item;
            else if (item.Name == FolderKeys.FileName)
                continue;
            else if (Cipher.Show(item.Path) is { } shown)
            {
                yield return item with
                {
                    Path = shown,
                    LinkTarget = Cipher.ShowTarget(item.Path, item.LinkTarget),
                    IsClosed = Cipher.IsClosed(item.Path),
                };
            }
            else if (withForeign && Cipher.ShowParent(item.Path) is { } parent)
                yield return item with { Path = parent.Length == 0 ? item.Name : $"{parent}/{item.Name}", IsForeign = true };
        }
    }

    /// <summary>Everything below, with the names of the service.</summary>
    public IAsyncEnumerable<EntryAnswer> ListAsync(CancellationToken stop) => EntriesAsync(isDeep: true, stop);

    /// <summary>What is in the folder, with the names of the service.</summary>
    /// <param name="isDeep">Whether what is in its folders is returned, too.</param>
    /// <param name="stop">Cancels the call.</param>
    public async IAsyncEnumerable<EntryAnswer> EntriesAsync(
        bool isDeep, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var address = $"{ServiceAddress.Tree(path, space).TrimEnd('/')}/?recursive={(isDeep ? "true" : "false")}";
        var pages = Pages.AllAsync(
            cursor => attempts.PersistAsync(
                // A connection that breaks within a page may never last for a whole one.
                failures =>
                {
                    var limit = Math.Max(LeastPage, PageSize >> Math.Min(failures, MostHalvings));
                    return calls.SendAsync(
                        calls.Request(HttpMethod.Get, $"{address}&limit={limit}{cursor}"), ClientJson.Default.FolderAnswer, stop);
                },
                stop),
            stop);
        await foreach (var page in pages)
        {
            foreach (var item in page.Items ?? [])
            {
                yield return path.Length == 0 ? item
                    : item.Path.Length > path.Length + 1 && item.Path.StartsWith(path + "/", StringComparison.Ordinal)
                        ? item with { Path = item.Path[(path.Length + 1)..] }
                        : throw TransferException.Invalid($"The service lists {item.Path} in {path}, where it cannot be.");
            }
        }
    }

    /// <summary>Returns the state of each of these files at the service.</summary>
    /// <param name="digests">Compare the content and not the time.</param>
    public async Task<List<CheckedAnswer>> CheckAsync(
        IReadOnlyList<LocalEntry> files, IReadOnlyDictionary<string, string>? digests, CancellationToken stop)
    {
        var states = await CheckAsync(files, digests, isBound: true, stop);
        if (digests is not null || Cipher?.Files is null)
            return states;
        // Files that an older client has sent are shorter.
        var others = Enumerable.Range(0, files.Count).Where(at => states[at].Why?.Contains("size") == true).ToList();
        if (others.Count > 0)
        {
            var again = await CheckAsync([.. others.Select(at => files[at])], null, isBound: false, stop);
            foreach (var (at, state) in others.Zip(again))
                states[at] = state;
        }

        return states;
    }

    private async Task<List<CheckedAnswer>> CheckAsync(
        IReadOnlyList<LocalEntry> files, IReadOnlyDictionary<string, string>? digests, bool isBound, CancellationToken stop)
    {
        using var body = new MemoryStream();
        foreach (var file in files)
        {
            // With digests, these are the sizes of what was read to be sent.
            var size = digests is null && Cipher?.Files is not null ? Cipher.SizeOf(file.Size, isBound) : file.Size;
            var time = digests is null && UnixTime.IsKept(file.Modified) ? UnixTime.Text(file.Modified) : null;
            JsonSerializer.Serialize(
                body, new CheckLine(Under(file.Path), size, time, digests?[file.Path]), ClientJson.Default.CheckLine);
            body.WriteByte((byte)'\n');
        }

        var address = (space is null ? "api/tree" : $"api/spaces/{Uri.EscapeDataString(space)}/tree") + "/check";
        var states = (await SendAsync(HttpMethod.Post, address, body.ToArray(), "application/x-ndjson", stop))
            .ReadLines(ClientJson.Default.CheckedAnswer);
        return states.Count == files.Count ? states : throw TransferException.Network("Not all of the answer came.");
    }

    /// <summary>Returns whether the service knows the SHA-256 of a file.</summary>
    public async Task<bool> HasDigestAsync(string below, CancellationToken stop) =>
        (await DescribeAsync(below, stop)).Sha256 is not null;

    /// <summary>When a file was modified.</summary>
    public async Task<DateTime?> ModifiedAsync(string below, CancellationToken stop) =>
        UnixTime.Parse((await DescribeAsync(below, stop)).ModifiedAt);

    private Task<EntryAnswer> DescribeAsync(string below, CancellationToken stop) => attempts.PersistAsync(
        _ => calls.SendAsync(
            calls.Request(HttpMethod.Get, ServiceAddress.Tree(Under(below), space) + "?format=json"), ClientJson.Default.EntryAnswer,
            stop),
        stop);

    /// <summary>Unpacks an archive, and returns a line for each member and the final one.</summary>
    public async Task<List<UnpackAnswer>> UnpackAsync(ReadOnlyMemory<byte> archive, TimeSpan stall, CancellationToken stop)
    {
        var request = calls.Request(HttpMethod.Post, ServiceAddress.Tree(path, space) + "?unpack=tar&parents=true&conflict=replace");
        request.Content = new MemoryContent(archive, "application/x-tar");
        var lines = (await calls.SendAsync(request, stop, stall)).ReadLines(ClientJson.Default.UnpackAnswer);
        return lines is [.., { Complete: not null }] ? lines : throw TransferException.Network("Not all of the answer came.");
    }

    /// <summary>Sets the time and the mode of an existing file.</summary>
    public Task SetAttributesAsync(LocalEntry file, CancellationToken stop) => attempts.PersistAsync(
        _ => calls.SendAsync(
            calls.Json(
                HttpMethod.Patch, ServiceAddress.Tree(Under(file.Path), space),
                new AttributesBody(UnixTime.IsKept(file.Modified) ? UnixTime.Text(file.Modified) : null, file.Mode),
                ClientJson.Default.AttributesBody),
            stop),
        stop);

    public async Task DeleteAsync(string below, CancellationToken stop)
    {
        try
        {
            _ = await attempts.PersistAsync(
                _ => calls.SendAsync(calls.Request(HttpMethod.Delete, ServiceAddress.Tree(Under(below), space)), stop), stop);
        }
        catch (TransferException failure) when (failure.Status == 404)
        {
            // It was removed by a request whose answer was lost.
        }
    }

    private async Task<Answer> SendAsync(HttpMethod method, string address, byte[] body, string type, CancellationToken stop) =>
        await attempts.PersistAsync(
            _ =>
            {
                var request = calls.Request(method, address);
                request.Content = new MemoryContent(body, type);
                return calls.SendAsync(request, stop);
            },
            stop);
}
