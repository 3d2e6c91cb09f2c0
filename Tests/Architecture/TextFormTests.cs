using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>Every text that is written by hand fits on a screen: in columns and in lines.</summary>
public sealed class TextFormTests
{
    private const int MostColumns = 140;

    private const string Console = "Api/wwwroot/console/";

    private const int MostConsoleColumns = 118;

    private const int MostLines = 400;

    private static readonly string[] Written =
    [
        ".cs", ".sql", ".md", ".js", ".mjs", ".ts", ".css", ".html", ".c", ".sh", ".csproj", ".props", ".yml", ".conf", ".json", ".list",
    ];

    // Made by a program, or an applied file of the ledger, which may not change any more.
    private static readonly HashSet<string> Excepted =
    [
        ".env.example", "Tests/Functional/Api/openapi.json", "packaging/grafana/chunkupload.json", "db/0002_files.sql",
        "db/0020_arrivals.sql",
    ];

    [Fact]
    public void No_line_is_longer_than_140_columns() => Assert.Empty(LongerThan(MostColumns, Texts()));

    /// <summary>Markup nests deeply, and is read beside a browser.</summary>
    [Fact]
    public void No_line_of_the_consoles_scripts_is_longer_than_118_columns()
    {
        var scripts = Texts().Where(path => path.StartsWith(Console, StringComparison.Ordinal)
            && path.EndsWith(".js", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(scripts);
        Assert.Empty(LongerThan(MostConsoleColumns, scripts));
    }

    [Fact]
    public void No_file_is_longer_than_400_lines() =>
        // A list of rules is looked up, not read.
        Assert.DoesNotContain(
            Texts().Where(path => Path.GetFileName(path) is not ("SpecCompliance.md" or "tiers.list")),
            path => File.ReadLines(Path.Combine(Repository.Root, path)).Skip(MostLines).Any());

    [Theory]
    [InlineData("ARCHITECTURE.md", 250)]
    [InlineData("docs/performance.md", 200)]
    public void A_page_is_short_enough_to_be_read_at_once(string page, int most) =>
        Assert.InRange(File.ReadLines(Path.Combine(Repository.Root, page)).Count(), 1, most);

    private static IEnumerable<string> LongerThan(int most, IEnumerable<string> paths) =>
        from path in paths
        from line in File.ReadLines(Path.Combine(Repository.Root, path)).Select((text, at) => (Text: text, Number: at + 1))
        where Columns(line.Text) > most
        select $"{path}:{line.Number}";

    private static int Columns(string line) => line.EnumerateRunes().Count();

    // Byte for byte as others have published it.
    private const string Foreign = "Tests/Unit/Client/Vectors/c2sp";

    /// <summary>Scripts without an extension are recognized by their first line.</summary>
    private static IEnumerable<string> Texts() => Repository.TrackedFiles()
        .Where(path => !Excepted.Contains(path) && !path.EndsWith("-lock.json", StringComparison.Ordinal))
        .Where(path => !path.StartsWith(Foreign, StringComparison.Ordinal))
        // Written by the test that keeps a release.
        .Where(path => !(path.StartsWith("Tests/Upgrade/", StringComparison.Ordinal) && path.EndsWith(".json", StringComparison.Ordinal)))
        .Where(path => Path.GetExtension(path) is { Length: > 0 } extension
            ? Written.Contains(extension)
            : File.ReadLines(Path.Combine(Repository.Root, path)).FirstOrDefault()?.StartsWith("#!", StringComparison.Ordinal) == true);
}
