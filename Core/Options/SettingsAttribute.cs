namespace ChunkUpload.Core.Options;

/// <summary>
/// Marks an options class: its public properties with a setter are the settings of one configuration section. At start, reflection finds
/// these classes in every layer, and the host binds, validates and registers them as <c>IOptions&lt;T&gt;</c>.
/// </summary>
/// <remarks>
/// A property states its default by its initialiser, its meaning by <c>[Description]</c>, and its bounds by <c>[Range]</c> and similar
/// attributes. For rules across properties, implement <c>IValidatableObject</c>.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SettingsAttribute(string section) : Attribute
{
    /// <summary>The configuration section, for example <c>Storage</c>.</summary>
    public string Section { get; } = section;
}
