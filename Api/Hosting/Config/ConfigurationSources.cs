using System.Collections;
using System.Text.Json;

namespace ChunkUpload.Api.Hosting;

/// <summary>A raw value and where it came from.</summary>
internal sealed record RawValue(string Text, string Source);

/// <summary>
/// Reads settings from appsettings.json, the environment, files named by the environment (<c>…_FILE</c>) and the command line; each source
/// overrides those before it. Unreadable values become errors and are collected.
/// </summary>
internal sealed class ConfigurationSources
{
    /// <summary>
    /// The variable in which tools/run lists the environment variables that it read from <c>.env</c>, separated by commas.
    /// </summary>
    public const string FromEnvFile = "CHUNKUPLOAD_FROM_ENV_FILE";

    private const string FileSuffix = "_FILE";

    private readonly Dictionary<string, RawValue> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _variables = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _errors = [];

    public IReadOnlyDictionary<string, RawValue> Values => _values;

    public IReadOnlyList<string> Errors => _errors;

    public ConfigurationSources AddJsonFile(string path)
    {
        if (!File.Exists(path))
            return this;
        var name = Path.GetFileName(path);
        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllText(path),
                new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            AddElement("", document.RootElement, name);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            _errors.Add($"{path} cannot be read: {e.Message}");
        }

        return this;
    }

    public ConfigurationSources AddEnvironment(IDictionary variables)
    {
        var named = variables.Keys.Cast<string>()
            .Select(name => (Name: name, Text: variables[name] as string ?? ""))
            .Where(entry => entry.Name.StartsWith(Setting.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            // Compose files pass unset variables as empty strings, so an empty value counts as not set.
            .Where(entry => entry.Text.Length > 0)
            .OrderBy(entry => entry.Name, StringComparer.Ordinal)
            .ToList();
        _errors.AddRange(variables.Keys.Cast<string>().Where(IsMisspelt).Order(StringComparer.Ordinal).Select(name =>
            $"{name}: the names of settings begin with {Setting.EnvironmentPrefix} and have two underscores between their parts."));
        var fromFile = (variables[FromEnvFile] as string ?? "").Split(',');
        foreach (var (name, text) in named)
        {
            var key = KeyOf(name);
            if (IsFile(key))
                continue;
            Set(key, text, $"{(fromFile.Contains(name) ? ".env" : "environment")} {name}");
            _ = _variables.Add(key);
        }

        foreach (var (name, path) in named)
        {
            var key = KeyOf(name);
            if (IsFile(key))
                AddValueFile(key[..^FileSuffix.Length], name, path);
        }

        return this;
    }

    public ConfigurationSources AddCommandLine(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        foreach (var (key, text) in pairs)
            Set(key, text, "command line");
        return this;
    }

    // Variables that are not settings contain no double underscore.
    private static bool IsMisspelt(string name) =>
        name.StartsWith("ChunkUpload", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith(Setting.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase)
        && name.Contains("__", StringComparison.Ordinal);

    private static string KeyOf(string name) =>
        name[Setting.EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal);

    private static bool IsFile(string key) =>
        key.EndsWith(FileSuffix, StringComparison.OrdinalIgnoreCase);

    private void AddValueFile(string key, string name, string path)
    {
        if (_variables.Contains(key))
        {
            _errors.Add($"{key}: set {name} or the variable without {FileSuffix}, not both.");
            return;
        }

        try
        {
            var text = File.ReadAllText(path);
            // A final newline comes from the editor that wrote the file and is not part of the value.
            if (text.EndsWith('\n'))
                text = text[..^(text.EndsWith("\r\n", StringComparison.Ordinal) ? 2 : 1)];
            Set(key, text, $"file {path}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            _errors.Add($"{key}: {name} names {path}, which cannot be read: {Reason(e)}.");
        }
    }

    private static string Reason(Exception e) => e switch
    {
        // With ProtectHome=, a systemd unit sees empty home directories.
        FileNotFoundException or DirectoryNotFoundException =>
            "the file does not exist, or the service's user may not see it (the unit of systemd hides home directories)",
        UnauthorizedAccessException => "it is a folder, or the service's user may not read it or enter its folder",
        _ => e.Message.TrimEnd('.'),
    };

    private void AddElement(string key, JsonElement element, string source)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                    AddElement(key.Length == 0 ? member.Name : $"{key}:{member.Name}", member.Value, source);
                break;
            case JsonValueKind.Array:
                Set(key, string.Join(',', element.EnumerateArray().Select(item => item.ToString())), source);
                break;
            case JsonValueKind.Null:
                break;
            default:
                Set(key, element.ToString(), source);
                break;
        }
    }

    private void Set(string key, string text, string source) => _values[key] = new RawValue(text, source);
}
