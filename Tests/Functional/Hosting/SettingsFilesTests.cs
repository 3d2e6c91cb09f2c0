using ChunkUpload.Api.Hosting;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>The documents about settings agree with the catalogue.</summary>
public sealed class SettingsFilesTests
{
    [Fact]
    public async Task Env_example_is_what_the_service_prints()
    {
        var file = await File.ReadAllTextAsync(Path.Combine(Repository.Root, ".env.example"));
        Assert.True(
            SettingsReport.EnvironmentExample() + "\n" == file,
            "Settings changed. Run: ./tools/run print-env-example > .env.example");
    }

    [Fact]
    public async Task Docs_hold_the_list_of_settings()
    {
        var file = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "configuration.md"));
        Assert.True(
            file.Contains(SettingsReport.Catalogue(markdown: true), StringComparison.Ordinal),
            "Settings changed. Put the output of ./tools/run print-settings --markdown into docs/configuration.md.");
    }

    [Fact]
    public void Every_setting_has_a_sentence_and_a_default_that_can_be_read_back()
    {
        Assert.All(SettingsCatalogue.All, setting =>
        {
            Assert.EndsWith(".", setting.Sentence, StringComparison.Ordinal);
            if (setting.DefaultText.Length > 0)
                Assert.True(SettingText.TryParse(setting.Property.PropertyType, setting.DefaultText, out _, out _), setting.Key);
        });
    }

    [Fact]
    public void The_defaults_are_valid() =>
        Assert.Empty(ServiceConfiguration.Load(new ConfigurationSources()).Errors);

    [Fact]
    public void No_section_has_two_classes() =>
        Assert.Equal(SettingsCatalogue.OptionTypes.Count, SettingsCatalogue.OptionTypes.Select(SettingsCatalogue.SectionOf)
            .Distinct(StringComparer.OrdinalIgnoreCase).Count());

    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.cluster.yml")]
    [InlineData("docs/cluster.md")]
    [InlineData("Dockerfile")]
    [InlineData("README.md")]
    [InlineData("docs/configuration.md")]
    [InlineData("docs/containers.md")]
    public async Task Names_only_settings_that_exist(string file)
    {
        var path = Path.Combine(Repository.Root, file);
        if (!File.Exists(path))
            return;
        var names = System.Text.RegularExpressions.Regex
            .Matches(await File.ReadAllTextAsync(path), "ChunkUpload__([A-Za-z]+__[A-Za-z]+?)(_FILE)?\\b")
            .Select(match => match.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal))
            .Where(name => !name.StartsWith("Section:", StringComparison.Ordinal));
        Assert.All(names, name => Assert.True(SettingsCatalogue.Find(name) is not null, $"{file} names {name}, which is no setting."));
    }
}
