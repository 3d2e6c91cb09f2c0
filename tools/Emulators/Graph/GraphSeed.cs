using System.Text;
using System.Text.Json;
using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Adds files to drives without the API.</summary>
internal static class GraphSeed
{
    public static GraphDrive DriveFor(GraphState state, string? account) =>
        (account is null ? state.Drives[0] : state.DriveOf(account)) ?? throw new ControlException($"There is no account '{account}'.");

    public static GraphItem? Find(GraphState state, string? account, string path)
    {
        var drive = DriveFor(state, account);
        return drive.Find(drive.Root, Names(path));
    }

    public static async Task<object> AddAsync(GraphState state, JsonElement description, CancellationToken cancellationToken)
    {
        var seed = description.Deserialize<Seed>(JsonSerializerOptions.Web);
        if (seed?.Items is null)
            throw new ControlException("A seed has 'items', and may have an 'account'.");
        var drive = DriveFor(state, seed.Account);
        var ids = new Dictionary<string, string>();
        foreach (var each in seed.Items)
            ids[each.Path] = (await AddAsync(state, drive, each, cancellationToken)).Id;
        return new { driveId = drive.Id, items = ids };
    }

    public static async Task AddDemoAsync(GraphState state, CancellationToken cancellationToken)
    {
        foreach (var drive in state.Drives)
        {
            const long Mebibyte = 1024 * 1024;
            SeedItem[] items =
            [
                new("Documents/Contracts/Lease 2026.pdf") { Size = 2 * Mebibyte, Seed = 11 },
                new("Documents/Budget.xlsx") { Size = 90_000, Seed = 12 },
                new("Documents/Über uns.txt") { Text = "A name with letters from outside of ASCII.\n" },
                new("Documents/Empty.txt") { Text = "" },
                new("Documents/Meeting notes") { Package = true },
                new("Pictures/2026/Harbour.jpg") { Size = 4 * Mebibyte, Seed = 13, Modified = new(2026, 5, 2, 9, 30, 0, TimeSpan.Zero) },
                new("Pictures/2026/Island.jpg") { Size = 3 * Mebibyte, Seed = 14, Modified = new(2026, 5, 3, 18, 5, 0, TimeSpan.Zero) },
                new("Videos/Crossing.mp4") { Size = 64 * Mebibyte, Seed = 15 },
                new("Downloads/Setup.exe") { Size = 200_000, Seed = 16, Malware = "EICAR-Test-File" },
                new("New folder") { Folder = true },
            ];
            foreach (var item in items)
                await AddAsync(state, drive, item, cancellationToken);
        }

        // Ben shares his pictures with Ann, who has a shortcut to them.
        if (state.Drives is [var first, { Kind: not GraphDriveKind.DocumentLibrary } second, ..])
        {
            var shortcut = new SeedItem("Pictures of a friend") { TargetAccount = second.Owner, TargetPath = "Pictures" };
            await AddAsync(state, first, shortcut, cancellationToken);
        }
    }

    private static async Task<GraphItem> AddAsync(GraphState state, GraphDrive drive, SeedItem seed, CancellationToken cancellationToken)
    {
        var parent = drive.Root;
        foreach (var name in Names(seed.Path).SkipLast(1))
            parent = Made(drive.CreateFolder(parent, name, GraphConflict.Replace), seed.Path);
        var item = Made(await MakeAsync(state, drive, parent, seed, cancellationToken), seed.Path);
        if (seed.Malware is not null)
            drive.SetMalware(item, seed.Malware);
        foreach (var account in seed.SharedWith ?? [])
            drive.Share(item, account);
        return item;
    }

    private static async Task<GraphResult> MakeAsync(
        GraphState state, GraphDrive drive, GraphItem parent, SeedItem seed, CancellationToken cancellationToken)
    {
        var name = Names(seed.Path)[^1];
        var times = new GraphFileTimes(seed.Modified, seed.Modified);
        if (seed.Folder)
            return drive.CreateFolder(parent, name, GraphConflict.Replace, times);
        if (seed.Package)
            return drive.Create(parent, name, GraphItemKind.Package, GraphConflict.Fail, times);
        if (seed.TargetPath is { } path)
        {
            var target = Find(state, seed.TargetAccount, path) ?? throw new ControlException($"There is no '{path}' to point to.");
            target.Drive.Share(target, drive.Owner);
            return drive.Create(parent, name, GraphItemKind.Remote, GraphConflict.Fail, times, target);
        }

        var data = seed switch
        {
            { Text: { } text } => await state.Context.Content.AddAsync(Encoding.UTF8.GetBytes(text), cancellationToken),
            { Base64: { } base64 } => await state.Context.Content.AddAsync(Convert.FromBase64String(base64), cancellationToken),
            _ => await ContentStore.GenerateAsync(seed.Generator ?? "mix", seed.Seed, seed.Size, cancellationToken),
        };
        var content = await GraphContent.OfAsync(data, state.Clock.GetUtcNow(), cancellationToken);
        return drive.PutFile(parent, name, content, GraphConflict.Replace, times);
    }

    private static GraphItem Made(GraphResult result, string path) =>
        result.Item ?? throw new ControlException($"'{path}' cannot be added: {result.Error!.Message}");

    private static string[] Names(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private sealed record Seed(string? Account, IReadOnlyList<SeedItem>? Items);

    private sealed record SeedItem(string Path)
    {
        public bool Folder { get; init; }

        public bool Package { get; init; }

        public string? Text { get; init; }

        public string? Base64 { get; init; }

        /// <summary>The length of generated content.</summary>
        public long Size { get; init; }

        public ulong Seed { get; init; }

        public string? Generator { get; init; }

        public string? Malware { get; init; }

        public DateTimeOffset? Modified { get; init; }

        public IReadOnlyList<string>? SharedWith { get; init; }

        /// <summary>Makes a shared item that points to this path of another account.</summary>
        public string? TargetPath { get; init; }

        public string? TargetAccount { get; init; }
    }
}
