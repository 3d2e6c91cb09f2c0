using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Sync;
using ChunkUpload.Tests.Support;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>A local folder and one of a service, which a pair keeps in sync.</summary>
internal sealed class TwoWayRig(TestService service) : IDisposable
{
    private static readonly DateTime Begin = new(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static int _writes;

    public ClientRig Machine { get; } = new();

    /// <summary>The folder at the service.</summary>
    public string Place { get; } = $"two-way-{Guid.NewGuid():n}";

    public string Root => Machine.At("work");

    public SyncSettings Settings { get; set; } = new() { Rest = TimeSpan.Zero, SecondLook = TimeSpan.Zero };

    public List<SyncNote> Notes { get; } = [];

    public Action? BeforeRecord { get; set; }

    public SyncPairFiles Files => SyncPairFiles.Of(Machine.States, service.Address.AbsoluteUri, null, Root, Place);

    public void Dispose() => Machine.Dispose();

    /// <summary>Runs rounds until nothing is left to do, as cu sync --two-way --once does.</summary>
    public async Task<SyncTold> SyncAsync()
    {
        _ = Directory.CreateDirectory(Machine.Folder);
        using var client = Machine.Client(service.Address, service.Key);
        using var pair = SyncPairing.Open(client, Root, null, Place, Settings, TimeProvider.System, Note, BeforeRecord);
        for (var rounds = 1; ; rounds++)
        {
            Assert.True(rounds < 40, $"The sides do not come together: {string.Join("\n", Notes.TakeLast(20))}");
            var outcome = await pair.Round.RunAsync(CancellationToken.None);
            if (outcome.Fault is { } fault)
                throw fault;
            if (outcome.Again is null)
                return outcome.Told;
        }
    }

    public async Task InStepAsync()
    {
        var told = await SyncAsync();
        Assert.True(told.State == "in_step", $"{told.State}: {told.Reason} {string.Join(", ", told.Conflicts)} {told.Question}");
        Assert.Equal(await ThereAsync(), Here());
    }

    public void Answer(SyncToldConflict conflict, SyncAnswer answer) => Files.Leave(new SyncReply(conflict.Path, conflict.Digest, answer));

    public void Write(string path, string text)
    {
        var full = Path.Combine(Root, path);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        // The clock of a file system may stand still between two changes of a test.
        File.SetLastWriteTimeUtc(full, Begin.AddMinutes(Interlocked.Increment(ref _writes)));
    }

    public async Task PutAsync(string path, string text, int? minute = null)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        using var request = new HttpRequestMessage(HttpMethod.Put, At(path, "?parents=true&conflict=replace")) { Content = content };
        var time = Begin.AddMinutes(minute ?? Interlocked.Increment(ref _writes));
        request.Headers.Add("X-OC-Mtime", (time - DateTime.UnixEpoch).TotalSeconds.ToString(CultureInfo.InvariantCulture));
        await ExpectAsync(request);
    }

    public async Task RemoveAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, At(path));
        await ExpectAsync(request);
    }

    public async Task MoveAsync(string from, string to)
    {
        using var content = JsonContent.Create(new { path = $"{Place}/{to}", parents = true });
        using var request = new HttpRequestMessage(HttpMethod.Patch, At(from)) { Content = content };
        await ExpectAsync(request);
    }

    /// <summary>The local side: files with their texts, and folders.</summary>
    public SortedDictionary<string, string> Here()
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var full in Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(Root, full).Replace(Path.DirectorySeparatorChar, '/');
            if (!path.StartsWith(SyncSettings.OwnPrefix, StringComparison.Ordinal))
                found[path] = Directory.Exists(full) ? "/" : File.ReadAllText(full);
        }

        return found;
    }

    public async Task<SortedDictionary<string, string>> ThereAsync()
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using var client = Machine.Client(service.Address, service.Key);
        await foreach (var entry in client.ListAsync(Place, recursive: true))
        {
            var path = entry.Path[(Place.Length + 1)..];
            found[path] = entry.Kind == "folder" ? "/" : await service.Client.GetStringAsync(At(path));
        }

        return found;
    }

    public async Task<string> IdAsync(string path)
    {
        using var client = Machine.Client(service.Address, service.Key);
        return (await client.DescribeAsync($"{Place}/{path}")).Id;
    }

    /// <summary>The texts that are kept of what was removed or replaced here.</summary>
    public List<string> Kept()
    {
        var kept = Path.Combine(Root, LocalSide.KeptFolder);
        return Directory.Exists(kept)
            ? [.. Directory.EnumerateFiles(kept, "*", SearchOption.AllDirectories).Select(File.ReadAllText)]
            : [];
    }

    private void Note(SyncNote note)
    {
        lock (Notes)
            Notes.Add(note);
    }

    private Uri At(string path, string query = "") =>
        new($"/api/tree/{Place}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}{query}", UriKind.Relative);

    private async Task ExpectAsync(HttpRequestMessage request)
    {
        using var answer = await service.Client.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{request.RequestUri}: {await answer.Content.ReadAsStringAsync()}");
    }
}
