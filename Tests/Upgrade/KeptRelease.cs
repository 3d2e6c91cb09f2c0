using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;

namespace ChunkUpload.Tests.Upgrade;

/// <summary>
/// What is kept of a release in <c>Tests/Upgrade/NUMBER</c>: a dump of a ledger, the data directory that belongs to it, and the facts that
/// must hold after an upgrade.
/// </summary>
internal sealed class KeptRelease
{
    private const string Dump = "ledger.sql.gz";
    private const string Data = "data.tar.gz";
    private const string FactsFile = "facts.json";
    private const string Migrations = "migrations.sha256";

    private readonly string _folder;

    private KeptRelease(string folder) => _folder = folder;

    /// <summary>The version of the release.</summary>
    public string Number => Path.GetFileName(_folder);

    /// <summary>The SHA-256 of each numbered file of <c>db</c> that the release had, by the name of the file.</summary>
    public IReadOnlyDictionary<string, string> MigrationDigests =>
        File.ReadLines(Path.Combine(_folder, Migrations)).Select(line => line.Split("  ", 2))
            .ToDictionary(parts => parts[1], parts => parts[0]);

    /// <summary>The size of everything that is kept.</summary>
    public long Bytes => new DirectoryInfo(_folder).EnumerateFiles().Sum(file => file.Length);

    public static KeptRelease At(string root, string number) => new(Path.Combine(root, "Tests", "Upgrade", number));

    /// <summary>All kept releases, the oldest first.</summary>
    public static IReadOnlyList<KeptRelease> All(string root) =>
    [
        .. Directory.EnumerateDirectories(Path.Combine(root, "Tests", "Upgrade"))
            .Where(folder => Version.TryParse(Path.GetFileName(folder), out _))
            .OrderBy(folder => Version.Parse(Path.GetFileName(folder)))
            .Select(folder => new KeptRelease(folder)),
    ];

    public KeptFacts ReadFacts() =>
        JsonSerializer.Deserialize<KeptFacts>(File.ReadAllText(Path.Combine(_folder, FactsFile)), KeptFacts.Json)!;

    /// <summary>Unpacks the data directory.</summary>
    public Task UnpackAsync(string folder) => RunAsync("tar", "-xzf", Path.Combine(_folder, Data), "-C", folder, "--no-same-owner");

    /// <summary>Writes the dump as statements for psql.</summary>
    public async Task WriteDumpAsync(string path)
    {
        await using var packed = File.OpenRead(Path.Combine(_folder, Dump));
        await using var text = new GZipStream(packed, CompressionMode.Decompress);
        await using var file = File.Create(path);
        await text.CopyToAsync(file);
    }

    /// <summary>Keeps a ledger: replaces what is there of this release.</summary>
    /// <param name="statements">The dump.</param>
    /// <param name="data">The data directory of a service that does not run.</param>
    /// <param name="numbered">The numbered files of <c>db</c>.</param>
    public async Task KeepAsync(string statements, string data, KeptFacts facts, IEnumerable<(string Name, string Sha256)> numbered)
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        _ = Directory.CreateDirectory(_folder);
        await using (var file = File.Create(Path.Combine(_folder, Dump)))
        await using (var packed = new GZipStream(file, CompressionLevel.SmallestSize))
        await using (var writer = new StreamWriter(packed))
            await writer.WriteAsync(statements);
        // The cluster is in the dump, and the lock belongs to a process. The shards that are empty are made by each start.
        await RunAsync(
            "tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--exclude=./postgres", "--exclude=./lock", "-I", "gzip -9n",
            "-cf", Path.Combine(_folder, Data), "-C", data, ".");
        await File.WriteAllTextAsync(Path.Combine(_folder, FactsFile), facts.Write());
        await File.WriteAllLinesAsync(
            Path.Combine(_folder, Migrations), numbered.Select(one => $"{one.Sha256}  {one.Name}"));
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {error}");
    }
}
