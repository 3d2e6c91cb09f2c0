using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Api.Hosting;

/// <summary>A setting with its effective value and the source of that value.</summary>
internal sealed record EffectiveValue(Setting Setting, object? Value, string Source)
{
    public const string Default = "default";

    /// <summary>The value for display; secrets are masked.</summary>
    public string Shown
    {
        get
        {
            var text = SettingText.Format(Setting, Value);
            return Setting.IsSecret && text.Length > 0 ? "***" : text;
        }
    }
}

/// <summary>Binds and validates all option classes from all sources. Every error is reported, not only the first.</summary>
internal sealed class ServiceConfiguration
{
    private readonly Dictionary<Type, object> _options = [];
    private readonly List<EffectiveValue> _values = [];
    private readonly List<string> _errors = [];

    private ServiceConfiguration(ConfigurationSources sources)
    {
        _errors.AddRange(sources.Errors);
        Bind(sources.Values);
        RefuseUnknownKeys(sources.Values);
        MakeDataDirectoryAbsolute();
        SpeakTls();
        foreach (var type in SettingsCatalogue.OptionTypes)
            Check(type);
    }

    public IReadOnlyList<EffectiveValue> Values => _values;

    /// <summary>One sentence per error; empty when the service may start.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public static ServiceConfiguration Load(ConfigurationSources sources) => new(sources);

    public T Get<T>()
        where T : class => (T)Get(typeof(T));

    public object Get(Type options) => _options[options];

    /// <summary>Registers every option class as <c>IOptions&lt;T&gt;</c> and <c>T</c>.</summary>
    public void Register(IServiceCollection services)
    {
        services.AddSingleton(this);
        foreach (var (type, instance) in _options)
        {
            services.AddSingleton(type, instance);
            var wrapper = Activator.CreateInstance(typeof(OptionsWrapper<>).MakeGenericType(type), instance)!;
            services.AddSingleton(typeof(IOptions<>).MakeGenericType(type), wrapper);
        }
    }

    /// <summary>The effective values as plain configuration, for code that reads <c>IConfiguration</c>.</summary>
    public IEnumerable<KeyValuePair<string, string?>> ToPairs() =>
        _values.Where(value => value.Value is not null)
            .Select(value => KeyValuePair.Create(value.Setting.Key, (string?)SettingText.Format(value.Setting, value.Value)));

    private void Bind(IReadOnlyDictionary<string, RawValue> raw)
    {
        foreach (var type in SettingsCatalogue.OptionTypes)
            _options[type] = Activator.CreateInstance(type)!;
        foreach (var setting in SettingsCatalogue.All)
        {
            var instance = _options[setting.OptionsType];
            var source = EffectiveValue.Default;
            if (raw.TryGetValue(setting.Key, out var given))
            {
                source = given.Source;
                if (SettingText.TryParse(setting.Property.PropertyType, given.Text, out var value, out var expected))
                    setting.Property.SetValue(instance, value);
                else
                    _errors.Add($"{setting.Key} must be {expected}{Was(setting, given)}.");
            }

            _values.Add(new EffectiveValue(setting, setting.Property.GetValue(instance), source));
        }
    }

    // A misspelt setting that is silently ignored does more harm than a refused start.
    private void RefuseUnknownKeys(IReadOnlyDictionary<string, RawValue> raw)
    {
        foreach (var (key, given) in raw.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (SettingsCatalogue.Find(key) is null)
                _errors.Add($"{key} is not a setting ({given.Source}){Nearest(key)}");
        }
    }

    private void MakeDataDirectoryAbsolute()
    {
        var data = Get<DataOptions>();
        if (data.Directory.Length == 0)
            return;
        data.Directory = Path.GetFullPath(data.Directory);
        var index = _values.FindIndex(value => value.Setting.OptionsType == typeof(DataOptions)
            && value.Setting.Property.Name == nameof(DataOptions.Directory));
        _values[index] = _values[index] with { Value = data.Directory };
    }

    private void SpeakTls()
    {
        var host = Get<HostingOptions>();
        for (var i = 0; i < _values.Count; i++)
        {
            if (_values[i] is not { Value: string[] urls, Setting: { Section: "Host" } setting })
                continue;
            string[] spoken = [.. urls.Select(host.Spoken)];
            setting.Property.SetValue(host, spoken);
            _values[i] = _values[i] with { Value = spoken };
        }
    }

    private void Check(Type type)
    {
        var instance = _options[type];
        foreach (var value in _values.Where(value => value.Setting.OptionsType == type))
        {
            var context = new ValidationContext(instance)
            {
                MemberName = value.Setting.Property.Name,
                DisplayName = value.Setting.Key,
            };
            var results = new List<ValidationResult>();
            _ = Validator.TryValidateProperty(value.Value, context, results);
            _errors.AddRange(results.Select(result =>
                $"{result.ErrorMessage} It is {(value.Shown.Length == 0 ? "empty" : value.Shown)} ({value.Source})."));
        }

        if (instance is not IValidatableObject rules)
            return;
        // Some rules compare settings of two sections.
        var whole = new ValidationContext(instance);
        whole.InitializeServiceProvider(_options.GetValueOrDefault);
        _errors.AddRange(
            rules.Validate(whole).Select(result => result.ErrorMessage ?? $"{SettingsCatalogue.SectionOf(type)} is not valid."));
    }

    private static string Was(Setting setting, RawValue given) =>
        setting.IsSecret ? $" ({given.Source})" : $"; it is \"{given.Text}\" ({given.Source})";

    private static string Nearest(string key)
    {
        if (key.Equals("Host:Port", StringComparison.OrdinalIgnoreCase))
            return "; name address and port with Host:Urls, as in http://127.0.0.1:9000.";
        var name = key[(key.LastIndexOf(':') + 1)..];
        var sections = SettingsCatalogue.OptionTypes.Select(SettingsCatalogue.SectionOf).Distinct().ToList();
        if (NearestName.Of(key[..Math.Max(key.IndexOf(':', StringComparison.Ordinal), 0)], sections) is not { } section)
        {
            var same = SettingsCatalogue.All.FirstOrDefault(
                setting => setting.Property.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            return (same?.Key ?? NearestName.Of(key, SettingsCatalogue.All.Select(setting => setting.Key))) is { } nearest
                ? $"; did you mean {nearest}?"
                : $"; the sections are {string.Join(", ", sections)}.";
        }

        // Search only within the section, because names such as Host and Password have another meaning in other sections.
        var names = SettingsCatalogue.All.Where(setting => setting.Section == section).Select(setting => setting.Property.Name).ToList();
        return NearestName.Of(name, names) is { } meant
            ? $"; did you mean {section}:{meant}?"
            : $"; {section} has {string.Join(", ", names)}.";
    }
}
