using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>The order of the console's folders.</summary>
public sealed class ConsoleFolderTests
{
    /// <summary>The parts of the console are used by its screens and by its frame, and import neither.</summary>
    [Fact]
    public void Parts_of_the_console_import_no_screen()
    {
        const string Parts = "Api/wwwroot/console/parts/";
        // Comments import types only.
        var comment = new Regex(@"^\s*(?:\*|/[*/])");
        var import = new Regex(@"(?:\bfrom |\bimport |\bimport\()'(\.[^']+)'");
        var allowed = new Regex(@"^(?:\./[\w-]+|\.\./(?!app|nav|screens|shell)\w+|\.\./texts/\w+|\.\./\.\./client/[\w-]+)\.js$");
        var imports = Repository.TrackedFiles()
            .Where(path => path.StartsWith(Parts, StringComparison.Ordinal) && path.EndsWith(".js", StringComparison.Ordinal))
            .SelectMany(path => File.ReadLines(Path.Combine(Repository.Root, path)).Where(line => !comment.IsMatch(line))
                .SelectMany(line => import.Matches(line))
                .Select(match => (File: path[Parts.Length..], Imported: match.Groups[1].Value)))
            .ToList();
        Assert.Contains(("viewer.js", "./kinds.js"), imports);
        Assert.DoesNotContain(imports, one => !allowed.IsMatch(one.Imported));
    }
}
