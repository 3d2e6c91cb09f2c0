using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;

namespace ChunkUpload.Api.Hosting;

/// <summary>Prints the settings: the effective values, .env.example, and the list in the documentation.</summary>
internal static class SettingsReport
{
    private const int MaxColumns = 140;

    public static string Effective(ServiceConfiguration configuration)
    {
        var key = configuration.Values.Max(value => value.Setting.Key.Length);
        var shown = Math.Min(48, configuration.Values.Max(value => value.Shown.Length));
        var lines = configuration.Values.Select(value =>
            $"{value.Setting.Key.PadRight(key)}  {value.Shown.PadRight(shown)}  {value.Source}");
        return string.Join('\n', lines);
    }

    public static string EnvironmentExample()
    {
        var text = new StringBuilder("""
            # Every setting with its default. tools/run reads a copy of this file named .env; a variable that is already in the
            # environment wins. For a secret use the name with _FILE and the path of a file that holds the value.
            # Made by: ./tools/run print-env-example > .env.example

            """);
        foreach (var group in SettingsCatalogue.All.GroupBy(setting => setting.Section))
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"\n# --- {group.Key}\n");
            foreach (var setting in group)
                _ = text.Append(CultureInfo.InvariantCulture,
                    $"\n{Wrapped("# ", "# ", Meaning(setting))}\n#{setting.EnvironmentName}={setting.DefaultText}\n");
        }

        return text.ToString().TrimEnd();
    }

    public static string Catalogue(bool markdown)
    {
        if (!markdown)
            return string.Join(
                "\n\n", SettingsCatalogue.All.Select(setting => $"{setting.Key} = {setting.DefaultText}\n  {Meaning(setting)}"));
        var sections = SettingsCatalogue.All.GroupBy(setting => setting.Section).Select(group =>
            $"### {group.Key}\n\n" + string.Join('\n', group.Select(Item)));
        return string.Join("\n\n", sections);
    }

    private static string Item(Setting setting)
    {
        var value = setting.DefaultText.Length == 0 ? "not set" : $"`{setting.DefaultText}`";
        return Wrapped("- ", "  ", $"`{setting.Key}`, default {value}: {Meaning(setting)}");
    }

    private static string Wrapped(string first, string rest, string text)
    {
        var lines = new StringBuilder(first);
        var column = first.Length;
        foreach (var word in text.Split(' '))
        {
            if (column + word.Length > MaxColumns)
            {
                lines.Length--;
                lines.Append('\n').Append(rest);
                column = rest.Length;
            }

            lines.Append(word).Append(' ');
            column += word.Length + 1;
        }

        lines.Length--;
        return lines.ToString();
    }

    private static string Meaning(Setting setting)
    {
        var type = Nullable.GetUnderlyingType(setting.Property.PropertyType) ?? setting.Property.PropertyType;
        var notes = new List<string>();
        if (type.IsEnum)
            notes.Add(SettingText.Expected(type));
        if (setting.Property.GetCustomAttributes(typeof(RangeAttribute), inherit: true) is [RangeAttribute range])
        {
            // The attribute converts the largest number to a double; such a bound means no limit.
            var least = Bound(setting, type, range.Minimum);
            notes.Add(range.Maximum is >= (double)long.MaxValue
                ? $"at least {least}"
                : $"{least} to {Bound(setting, type, range.Maximum)}");
        }

        if (setting.IsSecret)
            notes.Add("secret");
        return notes.Count == 0 ? setting.Sentence : $"{setting.Sentence} ({string.Join("; ", notes)})";
    }

    // An attribute may state a bound as text (TimeSpan) or as a wider number type.
    private static string Bound(Setting setting, Type type, object bound) =>
        SettingText.TryParse(type, Convert.ToString(bound, CultureInfo.InvariantCulture)!, out var value, out _)
            ? SettingText.Format(setting, value)
            : Convert.ToString(bound, CultureInfo.InvariantCulture)!;
}
