using System.Security.Cryptography;
using ChunkUpload.Tests.Support;
using ChunkUpload.Wire;

namespace ChunkUpload.Tests.Architecture;

/// <summary>
/// The libraries follow Semantic Versioning: a patch changes nothing of their public API, and a minor version removes nothing.
/// <c>packaging/released/NUMBER.sha256</c> has the digests of the files that declare the API of a release.
/// </summary>
public sealed class ApiVersionTests
{
    private const string Removed = "*REMOVED*";

    private static readonly string[] Libraries = ["Clients/Client", "Clients/Client.Age"];

    [Fact]
    public void The_public_API_changes_only_with_the_number()
    {
        var newest = Directory.EnumerateFiles(Path.Combine(Repository.Root, "packaging", "released"), "*.sha256")
            .MaxBy(file => Version.Parse(Path.GetFileNameWithoutExtension(file)));
        if (newest is null)
            return;
        var released = Version.Parse(Path.GetFileNameWithoutExtension(newest));
        string[] changed =
        [
            .. File.ReadLines(newest).Select(line => line.Split("  ", 2))
                .Where(parts => parts[0] != Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(At(parts[1])))))
                .Select(parts => parts[1]),
        ];
        string[] unshipped =
        [
            .. Libraries.SelectMany(library => File.ReadLines(At($"{library}/PublicAPI.Unshipped.txt")))
                .Where(line => line.Length > 0 && line[0] != '#'),
        ];
        Assert.Null(Complaint(released, ProgramVersions.Own, changed, unshipped));
    }

    [Theory]
    [InlineData("1.0.0", "1.0.0", "", "")]
    [InlineData("1.0.0", "1.0.1", "", "")]
    [InlineData("1.0.0", "1.1.0", "index.d.ts", "A.Added() -> void")]
    [InlineData("1.0.0", "2.0.0", "PublicAPI.Shipped.txt", Removed + "A.Gone() -> void")]
    public void Accepts_what_the_number_says(string released, string own, string changed, string unshipped) =>
        Assert.Null(Complaint(Version.Parse(released), Version.Parse(own), Items(changed), Items(unshipped)));

    [Theory]
    [InlineData("1.0.0", "1.0.0", "", "A.Added() -> void")]
    [InlineData("1.0.0", "1.0.0", "index.d.ts", "")]
    [InlineData("1.0.0", "1.0.1", "", "A.Added() -> void")]
    [InlineData("1.0.0", "1.1.0", "", Removed + "A.Gone() -> void")]
    [InlineData("1.0.0", "1.1.0", "Clients/Client/PublicAPI.Shipped.txt", "")]
    [InlineData("1.1.0", "1.0.0", "", "")]
    public void Refuses_what_the_number_does_not_say(string released, string own, string changed, string unshipped) =>
        Assert.NotNull(Complaint(Version.Parse(released), Version.Parse(own), Items(changed), Items(unshipped)));

    /// <summary>Returns what is wrong with the number; <c>null</c> if nothing is.</summary>
    private static string? Complaint(Version released, Version own, string[] changed, string[] unshipped)
    {
        if ((own.Major, own.Minor, own.Build).CompareTo((released.Major, released.Minor, released.Build)) < 0)
            return $"The version is older than the released {released}.";
        if (own.Major > released.Major)
            return null;
        if (changed.FirstOrDefault(file => file.EndsWith("Shipped.txt", StringComparison.Ordinal)) is { } list)
            return $"{list} is that of {released}: what changes since belongs into PublicAPI.Unshipped.txt.";
        if (unshipped.FirstOrDefault(line => line.StartsWith(Removed, StringComparison.Ordinal)) is { } gone)
            return $"Only a major version may remove what {released} had: {gone}";
        return own.Minor == released.Minor && changed.Concat(unshipped).FirstOrDefault() is { } first
            ? $"Only a minor version may change the public API of {released}: {first}"
            : null;
    }

    private static string[] Items(string one) => one.Length > 0 ? [one] : [];

    private static string At(string file) => Path.Combine(Repository.Root, file);
}
