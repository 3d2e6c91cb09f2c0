using System.ComponentModel;
using System.Reflection;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Hosting;

/// <summary>One setting: a property of an option class.</summary>
internal sealed class Setting
{
    public Setting(string section, PropertyInfo property, object defaults)
    {
        Section = section;
        Property = property;
        Key = $"{section}:{property.Name}";
        EnvironmentName = $"{EnvironmentPrefix}{section.Replace(":", "__", StringComparison.Ordinal)}__{property.Name}";
        Sentence = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";
        IsSecret = property.IsDefined(typeof(SecretAttribute));
        IsSameOnAllNodes = property.IsDefined(typeof(SameOnAllNodesAttribute));
        DefaultText = SettingText.Format(this, property.GetValue(defaults));
    }

    /// <summary>The prefix of the service's environment variables; all other variables are ignored.</summary>
    public const string EnvironmentPrefix = "ChunkUpload__";

    public string Section { get; }

    public PropertyInfo Property { get; }

    /// <summary><c>Section:Name</c>, as in appsettings.json and on the command line.</summary>
    public string Key { get; }

    public string EnvironmentName { get; }

    public string Sentence { get; }

    public bool IsSecret { get; }

    public bool IsSameOnAllNodes { get; }

    /// <summary>The default in the form in which it is configured; empty when there is none.</summary>
    public string DefaultText { get; }

    public Type OptionsType => Property.DeclaringType!;
}
