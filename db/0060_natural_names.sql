-- The order of names as people sort: numbers by their value, and letters whatever their case.
create collation natural_names (provider = icu, locale = 'und-u-kn-true');
