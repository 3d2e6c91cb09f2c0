using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Content;
using GraphNames = ChunkUpload.Infrastructure.Connectors.Graph.GraphNames;

namespace ChunkUpload.Tests.Support;

/// <summary>A file that must arrive.</summary>
/// <param name="Path">The path in a form that OneDrive accepts.</param>
/// <param name="Contested">Other files want the same name in its folder, so that it may get a number.</param>
internal sealed record ChainFile(string Path, string Sha256, DateTimeOffset Modified, bool Contested)
{
    public string Folder => Path[..Path.LastIndexOf('/')];
}

/// <summary>A tree in an emulated Google Drive with all that makes trees difficult.</summary>
internal sealed class ChainTree
{
    public const string Name = "tree";

    private const int Deepest = 12;

    private static readonly DateTimeOffset Begin = new(2015, 2, 3, 4, 5, 6, 789, TimeSpan.Zero);

    private static readonly string[] Odd =
    [
        "a'b.txt", "ünï\\cödé 測試.bin", "100% #1?.dat", " spaced .txt", "=cmd.csv", "no ending", ".hidden", "CON", "lpt1.txt", "dots...",
        "a:b|c<d>.txt", "~$lock.docx", "👩‍👩‍👧 family.bin", "re\u0301sume\u0301.txt", "r\u00E9sum\u00E9.txt", "*.tmp",
        "a\tb.txt", "+&=;,@!.bin", "_vti_pvt", "%2e%2e%2f", "back`tick$(x).sh", "\"quoted\".txt",
    ];

    private readonly List<(string[] Names, string Sha256, DateTimeOffset Modified)> _files = [];
    private readonly List<(string Id, string[] Names, string MediaType, DateTimeOffset Modified)> _documents = [];
    private readonly JsonArray[] _levels = new JsonArray[Deepest + 1];
    private readonly string[] _folders = new string[Deepest + 1];

    /// <summary>The names of what is left out, with the beginning of the reason.</summary>
    public Dictionary<string, string> LeftOut { get; } = new(StringComparer.Ordinal);

    /// <summary>The files that must arrive.</summary>
    public IReadOnlyList<ChainFile> Files { get; private set; } = [];

    /// <summary>Files, documents and shortcuts, with those that are left out.</summary>
    public int Count => _files.Count + _documents.Count + LeftOut.Count;

    public static async Task<ChainTree> SeedAsync(TransferRig google, int count, long largest)
    {
        var tree = new ChainTree();
        var root = tree.Folders();
        tree.AddSpecial();
        for (var i = 0; tree.Count < count - 1; i++)
        {
            var name = i < Odd.Length ? Odd[i] : $"file {i}.bin";
            tree.AddFile(i % (Deepest + 1), name, i % 10 == 0 ? 0 : i % 23 == 0 ? 300_000 + (1_234 * i) : 1 + (i * 37 % 9_000));
        }

        tree.AddFile(3, "large.mov", largest);
        _ = await google.Drive.SeedAsync(new JsonObject { ["items"] = new JsonArray(root) });
        using var client = new HttpClient { BaseAddress = new Uri(google.Drive.Address) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", "tok-ann");
        foreach (var (id, names, mediaType, modified) in tree._documents)
        {
            var bytes = await client.GetByteArrayAsync($"/drive/v3/files/{id}/export?mimeType={Uri.EscapeDataString(mediaType)}");
            tree._files.Add((names, Convert.ToHexStringLower(SHA256.HashData(bytes)), modified));
        }

        tree._documents.Clear();
        var named = tree._files
            .Select(file => (Path: string.Join('/', file.Names.Select(GraphNames.NameOf)), file.Sha256, file.Modified)).ToList();
        var folders = tree._folders.Select(folder => folder.ToUpperInvariant()).ToHashSet();
        var counts = named.GroupBy(file => file.Path, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.Count(), StringComparer.OrdinalIgnoreCase);
        tree.Files = [.. named.Select(file => new ChainFile(
            file.Path, file.Sha256, file.Modified, counts[file.Path] > 1 || folders.Contains(file.Path.ToUpperInvariant())))];
        return tree;
    }

    private JsonObject Folders()
    {
        var root = new JsonObject { ["name"] = Name };
        var at = root;
        for (var level = 0; level <= Deepest; level++)
        {
            _folders[level] = level == 0 ? Name : $"{_folders[level - 1]}/level {level}";
            at["items"] = _levels[level] = [];
            if (level == Deepest)
                break;
            var next = new JsonObject { ["name"] = $"level {level + 1}" };
            _levels[level].Add(next);
            at = next;
        }

        _levels[1].Add(new JsonObject { ["name"] = "empty", ["items"] = new JsonArray() });
        return root;
    }

    private void AddSpecial()
    {
        // One name: other contents, equal contents, other letters, and a folder's name.
        foreach (var _ in Enumerable.Range(0, 3))
            AddFile(2, "same.bin", 5_000);
        AddFile(2, "twin.bin", 6_000, seed: 7);
        AddFile(2, "twin.bin", 6_000, seed: 7);
        AddFile(4, "Case.txt", 100);
        AddFile(4, "case.TXT", 200);
        AddFile(4, "level 5", 300);
        AddFile(5, new string('x', 240) + ".bin", 400);
        AddFile(0, string.Concat(Enumerable.Repeat("長", 70)) + ".bin", 500, id: "the-target");

        string[] kinds = ["document", "spreadsheet", "presentation", "drawing"];
        const string office = "application/vnd.openxmlformats-officedocument.";
        string[] types = [$"{office}wordprocessingml.document", $"{office}spreadsheetml.sheet", $"{office}presentationml.presentation",
            "application/pdf"];
        string[] endings = [".docx", ".xlsx", ".pptx", ".pdf"];
        for (var i = 0; i < 12; i++)
        {
            var (level, name, id) = (i % 5, $"Paper {i}", $"the-document-{i}");
            var modified = Add(level, new JsonObject { ["name"] = name, ["id"] = id, ["document"] = kinds[i % 4] });
            _documents.Add((id, [.. Names(level), name + endings[i % 4]], types[i % 4], modified));
        }

        // A shortcut stands for its target.
        var target = _files.Single(file => file.Names[^1].StartsWith('長'));
        _ = Add(6, new JsonObject { ["name"] = "way.bin", ["target"] = "the-target" });
        _files.Add(([.. Names(6), "way.bin"], target.Sha256, target.Modified));

        LeaveOut("gone.bin", "It is a shortcut whose target is gone.", ("target", "nowhere"), ("targetMimeType", "text/plain"));
        LeaveOut("up", "It is a shortcut to a folder.", ("target", "root"), ("targetMimeType", "application/vnd.google-apps.folder"));
        foreach (var (name, other) in new[] { ("loop 1", "loop 2"), ("loop 2", "loop 1") })
        {
            LeaveOut(
                name, "It is a shortcut to another shortcut.", ("id", name), ("target", other),
                ("targetMimeType", "application/vnd.google-apps.shortcut"));
        }

        LeaveOut("Questions", "It is a kind of document that cannot be exported.", ("document", "form"));
        LeaveOut("Thick", "It is too large to be exported.", ".docx", ("document", "document"), ("exportBytes", 10_000_001));
    }

    private void LeaveOut(string name, string reason, params (string Name, JsonNode Value)[] values) => LeaveOut(name, reason, "", values);

    /// <param name="ending">The file extension that an export adds to the name.</param>
    private void LeaveOut(string name, string reason, string ending, params (string Name, JsonNode Value)[] values)
    {
        var item = new JsonObject { ["name"] = name };
        foreach (var (key, value) in values)
            item[key] = value;
        _ = Add(LeftOut.Count, item);
        LeftOut.Add($"{_folders[LeftOut.Count]}/{name}{ending}", reason);
    }

    private void AddFile(int level, string name, long size, ulong? seed = null, string? id = null)
    {
        seed ??= 1000 + (ulong)_files.Count;
        var item = new JsonObject { ["name"] = name, ["size"] = size, ["seed"] = seed };
        if (id is not null)
            item["id"] = id;
        var modified = Add(level, item);
        var sha256 = ContentHasher.Of(new MixGenerator(seed.Value), size, CancellationToken.None).Sha256;
        _files.Add(([.. Names(level), name], sha256, modified));
    }

    private DateTimeOffset Add(int level, JsonObject item)
    {
        var modified = Begin.AddHours(Count);
        item["modified"] = modified;
        _levels[level].Add(item);
        return modified;
    }

    private string[] Names(int level) => _folders[level].Split('/');
}
