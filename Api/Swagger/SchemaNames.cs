namespace ChunkUpload.Api.Swagger;

/// <summary>Gives the contract's schemas names for clients instead of class names.</summary>
internal static class SchemaNames
{
    public static string Of(Type type)
    {
        if (type.IsGenericType)
            return Of(type.GetGenericArguments()[0]) + "Page";
        var name = type.Name;
        foreach (var suffix in (string[])["View", "Body"])
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal))
                return name[..^suffix.Length];
        }

        return name;
    }
}
