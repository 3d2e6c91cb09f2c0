using System.Diagnostics;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>The lists of tools/FaultLab/mutants name guards that the code has, and tests that exist: a change moves them, too.</summary>
public sealed partial class MutantListTests
{
    private static string FolderOfLists => Path.Combine(Repository.Root, "tools", "FaultLab");

    public static TheoryData<string> Lists =>
        [.. Directory.GetFiles(FolderOfLists, "mutants*.list").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task Guards_and_tests_exist(string list)
    {
        var text = string.Concat(File.ReadLines(Path.Combine(FolderOfLists, list))
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => line + "\n"));
        var lines = Continued().Replace(text, " ").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 20, list);
        Assert.Equal(0, lines.Length % 4);
        var tests = string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "Tests"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var wrong = new List<string>();
        foreach (var (name, file, guard, names) in lines.Chunk(4).Select(part => (part[0], part[1], part[2], part[3])))
        {
            if (await EditAsync(guard, file) == await File.ReadAllTextAsync(Path.Combine(Repository.Root, file)))
                wrong.Add($"{name}: {file} has no such guard");
            wrong.AddRange(names.Split(' ').Select(test => test.Split('.')[^1])
                .Where(test => !Regex.IsMatch(tests, $@"(class|Task|void) {test}")).Select(test => $"{name}: there is no test {test}"));
        }

        Assert.Empty(wrong);
    }

    private static async Task<string> EditAsync(string expression, string file)
    {
        using var sed = Process.Start(new ProcessStartInfo("sed", [expression, file])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
        })!;
        var text = await sed.StandardOutput.ReadToEndAsync();
        await sed.WaitForExitAsync();
        Assert.Equal(0, sed.ExitCode);
        return text;
    }

    [GeneratedRegex(@" \\\n *")]
    private static partial Regex Continued();
}
