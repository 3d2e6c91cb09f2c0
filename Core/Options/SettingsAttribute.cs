namespace ChunkUpload.Core.Options;

/// <summary>
/// Makes a class an option class: its public properties with a setter are the settings of one configuration section.
/// Found by reflection in every layer, bound, validated and registered as <c>IOptions&lt;T&gt;</c> at start.
/// </summary>
/// <remarks>
/// A property states its default with its initialiser, its meaning with <c>[Description]</c>, its bounds with <c>[Range]</c> and the like.
/// Rules across properties: implement <c>IValidatableObject</c>.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SettingsAttribute(string section) : Attribute
{
    /// <summary>The configuration section, for example <c>Storage</c>.</summary>
    public string Section { get; } = section;
}
