using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ChunkUpload.Tests.Support;
using ChunkUpload.Wire;

namespace ChunkUpload.Tests.Architecture;

/// <summary>The number of the release is written in one place, and everything that has to agree with it does.</summary>
public sealed partial class ReleaseTests
{
    private const string Place = "Directory.Build.props";

    [Fact]
    public void Directory_build_props_alone_names_the_version_of_the_assemblies()
    {
        var naming = Repository.TrackedFiles()
            .Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) || path.EndsWith(".props", StringComparison.Ordinal))
            .Where(path => Load(path).Descendants().Any(element => element.Name.LocalName
                is "Version" or "VersionPrefix" or "VersionSuffix" or "AssemblyVersion" or "FileVersion" or "InformationalVersion"
                    or "PackageVersion" && element.Attribute("Include") is null));
        Assert.Equal([Place], naming);
        Assert.Equal(Number, ProgramVersions.Text(ProgramVersions.Own));
    }

    [Fact]
    public void The_changelog_begins_with_the_version_after_what_is_unreleased()
    {
        var newest = Section().Matches(File.ReadAllText(Path.Combine(Repository.Root, "CHANGELOG.md")))
            .Select(match => match.Groups[1].Value).First(name => name != "Unreleased");
        Assert.Equal(Number, newest);
    }

    [Fact]
    public void The_package_for_javascript_has_the_version()
    {
        var package = JsonElement.Parse(File.ReadAllText(Path.Combine(Repository.Root, "Api/wwwroot/client/package.json")));
        Assert.Equal(Number, package.GetProperty("version").GetString());
    }

    private static string Number => Load(Place).Descendants("Version").Single().Value;

    private static XDocument Load(string path) => XDocument.Load(Path.Combine(Repository.Root, path));

    [GeneratedRegex(@"^## \[([^\]]+)\]", RegexOptions.Multiline)]
    private static partial Regex Section();
}
