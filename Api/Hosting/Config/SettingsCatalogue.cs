using System.Reflection;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Hosting;

/// <summary>Lists every setting by reflection, so no second list has to be maintained.</summary>
internal static class SettingsCatalogue
{
    private static readonly string[] Layers = ["ChunkUpload.Core", "ChunkUpload.Infrastructure", "ChunkUpload.Api"];

    private static readonly Lazy<IReadOnlyList<Type>> Types = new(FindTypes);

    private static readonly Lazy<IReadOnlyList<Setting>> Settings = new(() => [.. Types.Value.SelectMany(SettingsOf)]);

    /// <summary>The option classes, by section.</summary>
    public static IReadOnlyList<Type> OptionTypes => Types.Value;

    /// <summary>All settings, ordered by section and declaration.</summary>
    public static IReadOnlyList<Setting> All => Settings.Value;

    public static string SectionOf(Type type) => type.GetCustomAttribute<SettingsAttribute>()!.Section;

    public static Setting? Find(string key) =>
        All.FirstOrDefault(setting => string.Equals(setting.Key, key, StringComparison.OrdinalIgnoreCase));

    private static List<Type> FindTypes() =>
        [.. Layers
            .SelectMany(name => Assembly.Load(name).GetTypes())
            .Where(type => type.IsDefined(typeof(SettingsAttribute)))
            .OrderBy(SectionOf, StringComparer.Ordinal)];

    private static IEnumerable<Setting> SettingsOf(Type type)
    {
        var defaults = Activator.CreateInstance(type)!;
        return type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            // Values that only tests change have an internal setter and are no settings.
            .Where(property => property.SetMethod is { IsPublic: true })
            .Select(property => new Setting(SectionOf(type), property, defaults));
    }
}
